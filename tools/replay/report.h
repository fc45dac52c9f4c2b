// What people and programs read at the end of a replay.

#pragma once

#include <string>

#include "tools/replay/capture_reader.h"
#include "tools/replay/tally.h"

namespace dotring::replay {

struct Report {
  std::string capture;                 ///< its name
  const Findings* findings = nullptr;  ///< null: it was not read to its end
  const Tally* tally = nullptr;        ///< null: it was only read
  size_t clients = 0;
  // With a tally:
  std::string server;
  std::string versus;  ///< empty: compared with what was recorded
  bool compare = true;
  bool paced = true;  ///< not as fast as possible
  size_t sockets = 0;
  std::string socket_failure;  ///< why the last socket could not be had
  uint64_t shared = 0;
  uint64_t answers_dropped = 0;
};

/// "NXDOMAIN"; "none" for kNone.
std::string rcode_or_none(int rcode);
/// One JSON object; times are microseconds.
std::string report_json(const Report& report);
std::string report_text(const Report& report);

}  // namespace dotring::replay
