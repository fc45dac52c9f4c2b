#include "tools/flood/questions/question_list.h"

#include <limits>

#include "engine/dns/name.h"
#include "tools/common/dns_words.h"

namespace dotring::flood {
namespace {

constexpr std::string_view kBlanks = " \t\r";
// A name's 255 octets, each written as \DDD, and a type are far shorter.
constexpr size_t kLineMax = 4096;

/// The next word of `line`, taken off its front.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const size_t end = std::min(line.find_first_of(kBlanks), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

bool is_comment(std::string_view word) {
  return word.empty() || word[0] == ';' || word[0] == '#';
}

// The next line; of one that is longer than any question can be only the beginning, and `whole` is
// false.
bool next_line(std::istream& input, std::string& line, bool& whole) {
  char text[kLineMax];
  input.getline(text, sizeof text);
  const auto count = static_cast<size_t>(input.gcount());
  if (count == 0) return false;
  whole = !input.fail();
  const bool with_newline = whole && !input.eof();
  line.assign(text, with_newline ? count - 1 : count);
  if (whole) return true;
  input.clear(input.rdstate() & ~std::ios::failbit);
  input.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  return true;
}

// Calls `add(words)`, which tells what is wrong with a line, for each that is not a comment.
template <typename Add>
void for_each_line(std::istream& input, QuestionList& list, Add add) {
  std::string text;
  bool whole = true;
  for (uint64_t number = 1; next_line(input, text, whole); ++number) {
    std::string_view line = text;
    const std::string_view name = take_word(line);
    if (is_comment(name)) continue;
    const char* problem = whole ? add(name, take_word(line)) : "too long";
    if (problem) list.skip("line " + std::to_string(number) + ": " + problem);
  }
}

}  // namespace

bool QuestionList::add(Bytes message) {
  if (bytes_.size() + message.size() > kBytesMax) return false;
  bytes_.insert(bytes_.end(), message.begin(), message.end());
  starts_.push_back(bytes_.size());
  return true;
}

void QuestionList::skip(std::string where) {
  if (skipped_++ == 0) first_skipped_ = std::move(where);
}

void read_text(std::istream& input, const QueryForm& form, QuestionList& list) {
  for_each_line(input, list, [&](std::string_view text, std::string_view type_text) -> const char* {
    const auto name = dns::name_from_text(text);
    if (!name) return "not a domain name";
    const auto type =
        is_comment(type_text) ? std::optional(dns::type::kA) : type_from_text(type_text);
    if (!type) return "not a query type";
    return list.add(make_query(form, name->wire(), *type)) ? nullptr : "too many questions";
  });
}

void read_names(std::istream& input, const QueryForm& form, uint16_t type, QuestionList& list) {
  for_each_line(input, list, [&](std::string_view text, std::string_view) -> const char* {
    const auto name = dns::name_from_text(text);
    if (!name) return "not a domain name";
    return list.add(make_query(form, name->wire(), type)) ? nullptr : "too many names";
  });
}

void read_binary(std::istream& input, QuestionList& list) {
  std::vector<uint8_t> message;
  uint8_t head[2];
  for (uint64_t number = 1; input.read(reinterpret_cast<char*>(head), sizeof head); ++number) {
    message.resize(load_be16(head));
    input.read(reinterpret_cast<char*>(message.data()),
               static_cast<std::streamsize>(message.size()));
    const std::string where = "message " + std::to_string(number) + ": ";
    if (!input) return list.skip(where + "cut off");
    if (message.size() < dns::kHeaderSize || (message[2] & 0x80)) {
      list.skip(where + "not a query");
    } else if (!list.add(message)) {
      return list.skip(where + "too many");
    }
  }
}

}  // namespace dotring::flood
