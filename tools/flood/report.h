// What people and programs read at the end of a run.

#pragma once

#include <string>

#include "tools/flood/tally.h"

namespace dotring::flood {

/// One JSON object; times are microseconds.
std::string report_json(const Tally& tally, uint64_t duration_ns);
/// A table whose lines are named as dnsperf names them.
std::string report_text(const Tally& tally, uint64_t duration_ns);

}  // namespace dotring::flood
