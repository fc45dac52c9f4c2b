// Counters as printf takes them.

#pragma once

#include <cstdint>

namespace dotring::flood {

/// For %llu, on every platform.
inline unsigned long long number(uint64_t value) {
  return value;
}

}  // namespace dotring::flood
