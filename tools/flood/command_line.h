// What the user asked for. Where dnsperf has a flag for the same, it has the same letter.

#pragma once

#include <optional>
#include <string>

#include "tools/flood/load.h"
#include "tools/flood/question_source.h"

namespace dotring::flood {

struct CommandLine {
  Load::Options load;
  QuestionSource::Options questions;
  uint64_t seed = 1;
  bool json = false;
};

/// Parses the arguments. Nothing: the process is to end now with `status` (help was printed, or
/// what is wrong with the arguments).
std::optional<CommandLine> parse_command_line(int count, const char* const* arguments, int& status);

}  // namespace dotring::flood
