// A clock and timers that the test moves.

#pragma once

#include "engine/base/turn_time.h"

namespace dotring::upstream {

struct FakeTime {
  TurnClock clock{1'000'000'000};
  TimerWheel timers{1'000'000};
  TurnTime time{timers, clock};

  uint64_t now_ms() const { return clock.now_ms(); }
  void advance_ms(uint64_t delay_ms) {
    clock.now_us += delay_ms * 1000;
    timers.advance(clock.now_ms());
  }
};

}  // namespace dotring::upstream
