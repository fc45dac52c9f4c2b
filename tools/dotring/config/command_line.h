// The command line of dotring: what to do, and settings.

#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tools/dotring/config/source.h"

namespace dotring::appliance {

enum class Action : uint8_t { Run, CheckConfig, PrintConfig, PrintReference, Help, Version };

struct CommandLine {
  Action action = Action::Run;
  /// Empty: no file.
  std::string config_file;
  /// Of Action::Run: from the one that runs, where there is one.
  bool takeover = false;
  std::vector<Setting> settings;
  /// For Action::Help.
  std::string help;
};

/// `texts` as main gets them, the program's name first. `--section.key=VALUE` or `--section.key
/// VALUE`; lists may be repeated or comma-separated, of anything else the last one counts.
std::variant<CommandLine, ConfigError> parse_command_line(int count, const char* const* texts);

}  // namespace dotring::appliance
