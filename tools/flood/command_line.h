// What the user wrote. Where dnsperf has a flag for the same, it has the same letter and meaning.

#pragma once

#include <optional>

#include "tools/flood/load/settings.h"

namespace dotring::flood {

/// Parses the arguments. Nothing: the process is to end now with `status` (help was printed, or
/// what is wrong with the arguments).
std::optional<Settings> parse_command_line(int count, const char* const* arguments, int& status);

}  // namespace dotring::flood
