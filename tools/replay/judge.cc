#include "tools/replay/judge.h"

#include <algorithm>

#include "tools/replay/asked.h"
#include "tools/replay/records.h"

namespace dotring::replay {
namespace {

// So much of one difference is shown: an answer may hold thousands of records.
constexpr size_t kRecordsShownMax = 8;

enum class Section : uint8_t { Answer, Authority };

struct Line {
  std::vector<uint8_t> canonical;
  std::string text;
};

void skip_questions(Reader& reader, uint32_t count) {
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    dns::skip_name(reader);
    reader.skip(4);
  }
}

std::vector<Line> lines_of(Bytes message, Section section) {
  const dns::Header header = dns::read_header(message);
  const uint32_t skipped = section == Section::Authority ? header.answer_count : 0u;
  const uint32_t count =
      section == Section::Authority ? header.authority_count : header.answer_count;
  Reader reader(message, dns::kHeaderSize);
  skip_questions(reader, header.question_count);
  std::vector<Line> lines;
  for (uint32_t i = 0; i < skipped + count && reader.ok(); ++i) {
    const dns::Record record = dns::read_record(reader);
    if (!reader.ok() || i < skipped) continue;
    Line line;
    if (!append_canonical(message, record, line.canonical)) break;
    line.text = record_text(message, record);
    lines.push_back(std::move(line));
  }
  return lines;
}

// The records of `from` that `other` lacks, one a line.
std::string only_in(const std::vector<Line>& from, std::vector<Line> other, const char* who) {
  std::string text;
  size_t shown = 0, more = 0;
  for (const Line& line : from) {
    const auto twin = std::ranges::find(other, line.canonical, &Line::canonical);
    if (twin != other.end()) {
      other.erase(twin);
    } else if (shown == kRecordsShownMax) {
      ++more;
    } else {
      ++shown;
      text += std::string("\n      only ") + who + ": " + line.text;
    }
  }
  if (more > 0) text += "\n      and " + std::to_string(more) + " more";
  return text;
}

std::string flags_text(uint16_t flags) {
  constexpr std::pair<uint16_t, const char*> kNames[] = {
      {dns::kFlagAa, "AA"}, {dns::kFlagTc, "TC"}, {dns::kFlagRd, "RD"},
      {dns::kFlagRa, "RA"}, {dns::kFlagAd, "AD"}, {dns::kFlagCd, "CD"}};
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if (flags & bit) text += (text.empty() ? "" : " ") + std::string(name);
  }
  return text.empty() ? "none" : text;
}

std::string question_text(Bytes query) {
  Reader reader(query, dns::kHeaderSize);
  const auto name = dns::read_name(query, reader);
  const uint16_t type = reader.u16();
  if (!name || !reader.ok()) return "(no question)";
  return dns::name_to_text(name->wire()) + " " + type_text(type);
}

int rcode_of(const Outline& outline) {
  return outline.present() ? outline.rcode() : kNone;
}

}  // namespace

void Judge::judge(const Asked& asked, Answer left_answer, Answer right_answer) {
  const Outline left(left_answer), right(right_answer);
  ++tally_.rcodes[{rcode_of(left), rcode_of(right)}];
  if (!left_answer && !right_answer) {
    ++tally_.none_both;
    return;
  }
  const Differences differences = comparison_.compare(left, right);
  if (!differences.any()) {
    ++tally_.same;
    return;
  }
  count(differences);
  if (tally_.examples.size() < options_.examples_max) {
    tally_.examples.push_back(describe(asked, differences, left, right));
  }
}

void Judge::count(const Differences& differences) {
  ++tally_.different;
  tally_.none_left += differences.none_left;
  tally_.none_right += differences.none_right;
  tally_.malformed += differences.malformed;
  tally_.rcode += differences.rcode;
  tally_.flags += differences.flags;
  tally_.answer += differences.answer;
  tally_.authority += differences.authority;
}

std::string Judge::describe(const Asked& asked, const Differences& differences, const Outline& left,
                            const Outline& right) const {
  const std::string left_name = options_.left, right_name = options_.right;
  std::string text =
      asked.client.to_text() + (asked.tcp ? " TCP " : " UDP ") + question_text(asked.query);
  const auto row = [&](const std::string& what) { text += "\n    " + what; };
  if (differences.none_left)
    row(left_name + " none, " + right_name + " " + rcode_text(right.rcode()));
  if (differences.none_right)
    row(left_name + " " + rcode_text(left.rcode()) + ", " + right_name + " none");
  if (differences.malformed) row("malformed: " + (left.sound() ? right_name : left_name));
  if (differences.rcode) {
    row("rcode: " + left_name + " " + rcode_text(left.rcode()) + ", " + right_name + " " +
        rcode_text(right.rcode()));
  }
  if (differences.flags) {
    row("flags: " + left_name + " " + flags_text(left.flags()) + ", " + right_name + " " +
        flags_text(right.flags()));
  }
  for (const auto section : {Section::Answer, Section::Authority}) {
    const bool answer = section == Section::Answer;
    if (!(answer ? differences.answer : differences.authority)) continue;
    const auto left_lines = lines_of(left.message(), section);
    const auto right_lines = lines_of(right.message(), section);
    row((answer ? "answer:" : "authority:") + only_in(left_lines, right_lines, options_.left) +
        only_in(right_lines, left_lines, options_.right));
  }
  return text;
}

}  // namespace dotring::replay
