// A run as JSON objects, one a line, in the DNS-OARC dns-metrics schema: a header, one object per
// period, one sum per server. What the schema has no name for stands beside it.
//
// All times are nanoseconds.

#pragma once

#include <string>

#include "tools/flood/report/outcome.h"

namespace dotring::flood {

std::string report_json(const Outcome& outcome, const Settings& settings);

}  // namespace dotring::flood
