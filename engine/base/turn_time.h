// Time as a part of a loop sees it: the clock of the turn and the timers of its thread. No clock is
// read.

#pragma once

#include "engine/base/timer_wheel.h"
#include "engine/base/turn_clock.h"

namespace dotring {

/// Both outlive every part that has them; both belong to an io::Loop in the programs.
class TurnTime {
 public:
  TurnTime(TimerWheel& timers, const TurnClock& clock) : timers_(timers), clock_(clock) {}

  uint64_t now_us() const { return clock_.now_us; }
  uint64_t now_ms() const { return clock_.now_ms(); }

  void arm(Timer& timer, uint64_t due_ms) const { timers_.arm(timer, due_ms); }
  /// From this turn on: the wheel has stood still while the loop slept, and is behind until the
  /// turn's completions have run.
  void arm_in(Timer& timer, uint64_t delay_ms) const { arm(timer, now_ms() + delay_ms); }

 private:
  TimerWheel& timers_;
  const TurnClock& clock_;
};

}  // namespace dotring
