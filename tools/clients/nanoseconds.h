// The clock of those who send queries: finer than the loop's, which paces and times out.

#pragma once

#include <cstdint>
#include <ctime>

namespace dotring::clients {

/// Nanoseconds since an arbitrary point; never goes back.
inline uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace dotring::clients
