// What the user asked for. Where dotring-flood has an option for the same, it has the same name.

#pragma once

#include <optional>
#include <string>

#include "tools/replay/replay.h"

namespace dotring::replay {

struct CommandLine {
  std::string capture;
  CaptureReader::Options reader;
  Replay::Options replay;
  Endpoint server;
  std::optional<Endpoint> versus;
  bool read_only = false;
  bool json = false;
  std::string tls_name;
  std::string ca_file;
  bool verify = true;

  bool uses_tls() const { return replay.travel == Travel::Tls; }
};

/// Parses the arguments. Nothing: the process is to end now with `status` (help was printed, or
/// what is wrong with the arguments).
std::optional<CommandLine> parse_command_line(int count, const char* const* arguments, int& status);

}  // namespace dotring::replay
