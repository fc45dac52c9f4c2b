// Clients and times for the tests of who may ask how much.

#pragma once

#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"

namespace dotring::protect {

inline constexpr HashKey kKey{1, 2};
inline constexpr uint64_t kSecond = 1'000'000;  // us, as all times here
inline constexpr uint64_t kStart = 1'000 * kSecond;

inline IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

}  // namespace dotring::protect
