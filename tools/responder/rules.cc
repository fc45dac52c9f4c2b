#include "tools/responder/rules.h"

#include <algorithm>
#include <array>

#include "engine/dns/name.h"
#include "tls/file.h"
#include "tools/responder/parse.h"

namespace dotring::responder {
namespace {

/// A name as patterns see it: lower case, labels joined by dots, no final dot.
class DottedName {
 public:
  explicit DottedName(Bytes name) {
    dns::copy_lower(name, octets_.data());
    size_ = name.size();
    // The length octet of each label but the first becomes the dot in front of it.
    for (size_t at = 0; at < size_ && octets_[at] != 0;) {
      const size_t next = at + 1 + octets_[at];
      octets_[at] = '.';
      at = next;
    }
  }
  std::string_view text() const {
    const std::string_view whole = text_of({octets_.data(), size_});
    return size_ < 2 ? std::string_view() : whole.substr(1, size_ - 2);
  }

 private:
  std::array<uint8_t, dns::kNameSizeMax> octets_;
  size_t size_ = 0;
};

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  size_t at = 0;
  size_t in_pattern = 0;
  size_t star = std::string_view::npos;  // the last "*" seen, and where its run ends for now
  size_t run_end = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      run_end = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++run_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

std::optional<std::string> Rules::add(std::string_view rule) {
  const std::string whole(rule);
  if (rule.find(':') == std::string_view::npos) {
    return "rule '" + whole + "': wanted PATTERN:BEHAVIOUR[,BEHAVIOUR...]";
  }
  Rule added{std::string(take_until(rule, ':')), base_};
  std::transform(added.pattern.begin(), added.pattern.end(), added.pattern.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (auto failure = parse_behaviour(rule, added.behaviour)) {
    return "rule '" + whole + "': " + *failure;
  }
  rules_.push_back(std::move(added));
  return std::nullopt;
}

std::optional<std::string> Rules::add_lines(std::string_view lines) {
  for (size_t number = 1; !lines.empty(); ++number) {
    const std::string_view line = take_until(lines, '\n');
    if (line.empty() || line.starts_with('#')) continue;
    if (auto failure = add(line)) return "line " + std::to_string(number) + ": " + *failure;
  }
  return std::nullopt;
}

std::optional<std::string> Rules::add_file(const std::string& path) {
  std::string text;
  if (const auto failure = tls::read_file(path, text))
    return path + ": cannot be read: " + *failure;
  if (auto failure = add_lines(text)) return path + ", " + *failure;
  return std::nullopt;
}

const Behaviour& Rules::match(Bytes name) const {
  if (rules_.empty()) return base_;
  const DottedName dotted(name);
  for (const Rule& rule : rules_) {
    if (matches(rule.pattern, dotted.text())) return rule.behaviour;
  }
  return base_;
}

}  // namespace dotring::responder
