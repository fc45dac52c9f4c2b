// What people read at the end of a run: dnsperf's lines, so that scripts find them, and below them
// what dnsperf does not tell.

#pragma once

#include <string>

#include "tools/flood/report/outcome.h"

namespace dotring::flood {

std::string report_text(const Outcome& outcome, const Settings& settings);
/// One row per stage, for steps.
std::string steps_text(const Outcome& outcome, const std::vector<Stage>& stages);
/// Two servers beside each other.
std::string versus_text(const Outcome& outcome);

}  // namespace dotring::flood
