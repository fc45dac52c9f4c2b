// What every part of one worker's client is given: its surroundings. All outlive the parts.

#pragma once

#include "cache/redis/options.h"
#include "cache/redis/statistics.h"
#include "engine/base/random.h"
#include "engine/base/timer_wheel.h"
#include "engine/base/turn_clock.h"

namespace dotring::cache::redis {

struct Context {
  const Options& options;
  const TurnClock& clock;
  TimerWheel& timers;
  Random& random;
  Dialer& dialer;
  Statistics& statistics;

  uint64_t now_us() const { return clock.now_us; }
  uint64_t now_ms() const { return clock.now_ms(); }
  void arm_in(Timer& timer, uint64_t delay_ms) const {
    timers.arm(timer, clock.now_ms() + delay_ms);
  }
  void tell(Event::Kind kind, const Address& server, const std::string& detail) const {
    if (options.on_event) options.on_event({kind, server.to_text(), detail});
  }
};

}  // namespace dotring::cache::redis
