// A run as a picture: latency by percentile on the logarithmic axis that DNS people use (the share
// of answers that are slower, from all to one in 100,000), and rates over time.
//
// SVG without scripts or fonts of its own; ".html" is the same picture in a page.

#pragma once

#include <string>

#include "tools/flood/report/outcome.h"

namespace dotring::flood {

/// `path` decides between the two: ends in ".html" or not.
std::string plot(const Outcome& outcome, const Settings& settings, const std::string& path);

}  // namespace dotring::flood
