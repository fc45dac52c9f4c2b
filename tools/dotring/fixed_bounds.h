// The limits that have no key: what bounds dotring whatever its configuration says.
//
// What it is: for people who read the reference; the values are those of the parts' own options and
// constants. test/structure holds it to that: each limit of a part is bound to a key, is named
// here, or is told there to be no limit that anybody meets.

#pragma once

#include <vector>

#include "tools/dotring/config/print.h"

namespace dotring::appliance {

std::vector<FixedBound> fixed_bounds();

}  // namespace dotring::appliance
