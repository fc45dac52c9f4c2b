// What time it is. The only clock of the data path; a simulated one may stand behind the same
// header.

#pragma once

#include <cstdint>

namespace dotring::io {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Microseconds since an arbitrary point, the same for all threads; never goes back.
  virtual uint64_t monotonic_us() const;
  /// Seconds since 1970-01-01 UTC; may jump.
  virtual uint64_t wall_s() const;
};

}  // namespace dotring::io
