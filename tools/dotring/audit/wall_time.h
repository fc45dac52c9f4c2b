// From the clock of turns to the time of day.
//
// What it is: asked for anew with each batch of records, so that a clock that was set right is
// followed, and records of one batch keep their order.

#pragma once

#include <cstdint>
#include <string>

namespace dotring::appliance {

class WallTime {
 public:
  /// Both clocks now, in microseconds.
  WallTime(uint64_t monotonic_us, uint64_t wall_us) : offset_us_(wall_us - monotonic_us) {}

  /// Microseconds since 1970.
  uint64_t us(uint64_t monotonic_us) const { return monotonic_us + offset_us_; }

 private:
  uint64_t offset_us_;
};

/// "2025-01-31T23:59:59.123456Z" (RFC 3339).
std::string time_text(uint64_t wall_us);

}  // namespace dotring::appliance
