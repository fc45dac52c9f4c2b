// Which names are treated how: "PATTERN:BEHAVIOUR[,BEHAVIOUR...]", the first rule that matches
// counts.
//
// A pattern is a name in lower case without the final dot; "*" stands for any run of octets, dots
// too: "slow*", "*.example.com", "*". Matching allocates nothing.

#pragma once

#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "tools/responder/behaviour.h"

namespace dotring::responder {

class Rules {
 public:
  /// `base` is what names that no rule matches get, and what each rule starts from.
  explicit Rules(const Behaviour& base = {}) : base_(base) {}

  /// Appends a rule. Not null: what is wrong with it.
  std::optional<std::string> add(std::string_view rule);
  /// Appends one rule a line; empty lines and those that start with "#" are skipped. Not null:
  /// which line is wrong, and why.
  std::optional<std::string> add_lines(std::string_view lines);
  /// add_lines() of what the file holds.
  std::optional<std::string> add_file(const std::string& path);

  /// `name` in uncompressed wire form, any case.
  const Behaviour& match(Bytes name) const;
  const Behaviour& base() const { return base_; }
  size_t size() const { return rules_.size(); }

 private:
  struct Rule {
    std::string pattern;
    Behaviour behaviour;
  };

  Behaviour base_;
  std::vector<Rule> rules_;
};

/// Whether all of `text` is what `pattern` stands for.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace dotring::responder
