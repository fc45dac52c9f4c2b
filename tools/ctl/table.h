// Replies as people read them.
//
// What it is: one text per verb, from the reply's JSON. A member that is missing, because dotring
// is older or newer than dotring-ctl, is shown as "-", and never an error.

#pragma once

#include <string>
#include <vector>

#include "tools/ctl/command_line.h"

namespace dotring::ctl {

/// Whole lines. `line.request` is what the reply is to.
std::string render(const CommandLine& line, const control::Json& result);

/// Columns as wide as their longest cell, two blanks between; cells of numbers to the right.
class Table {
 public:
  enum class Side : uint8_t { Left, Right };
  struct Column {
    std::string title;
    Side side = Side::Left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text() const;

 private:
  std::string row_text(const std::vector<std::string>& cells,
                       const std::vector<size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dotring::ctl
