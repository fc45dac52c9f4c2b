// The command line of dotring-ctl: one verb, its arguments, and how to show what comes back.

#pragma once

#include <optional>
#include <string>

#include "tools/control/message.h"

namespace dotring::ctl {

struct CommandLine {
  /// Where dotring listens.
  std::string socket = "/run/dotring/control.sock";
  uint32_t timeout_s = 30;
  /// The reply as it came, instead of a table.
  bool json = false;
  /// Of `config`: only what is not the default.
  bool changed = false;
  control::Request request;
};

/// Nothing: the process is to end now with `status`; help was printed, or what is wrong.
std::optional<CommandLine> parse_command_line(int count, const char* const* arguments, int& status);

}  // namespace dotring::ctl
