// The time of one turn of the loop: read once from the clock, the same for everything in that turn.
//
// Parts that are pure take a reference to it; whoever runs the turns (io::Loop, a test) sets it.

#pragma once

#include <cstdint>

namespace dotring {

struct TurnClock {
  /// Monotonic, the same for all threads.
  uint64_t now_us = 0;

  uint64_t now_ms() const { return now_us / 1'000; }
  uint64_t now_s() const { return now_us / 1'000'000; }
};

}  // namespace dotring
