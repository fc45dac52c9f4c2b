// The limits that have no key: what bounds dotring whatever its configuration says.
//
// What it is: for people who read the reference; the values are those of the parts' own options.
// test/structure holds it to that: each limit of a part is bound to a key or is named here.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dotring::appliance {

struct FixedBound {
  std::string_view what;
  std::string value;  ///< with its unit
  std::string_view meaning;
};

std::vector<FixedBound> fixed_bounds();

}  // namespace dotring::appliance
