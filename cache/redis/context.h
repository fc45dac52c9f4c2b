// What every part of one worker's client is given: its surroundings. All outlive the parts.

#pragma once

#include "cache/redis/options.h"
#include "cache/redis/statistics.h"
#include "engine/base/random.h"
#include "engine/base/turn_time.h"

namespace dotring::cache::redis {

struct Context {
  const Options& options;
  const TurnTime time;
  Random& random;
  Dialer& dialer;
  Statistics& statistics;

  uint64_t now_us() const { return time.now_us(); }
  uint64_t now_ms() const { return time.now_ms(); }
  void arm(Timer& timer, uint64_t due_ms) const { time.arm(timer, due_ms); }
  void arm_in(Timer& timer, uint64_t delay_ms) const { time.arm_in(timer, delay_ms); }
  void tell(Event::Kind kind, const Address& server, const std::string& detail) const {
    if (options.on_event) options.on_event({kind, server.to_text(), detail});
  }
};

}  // namespace dotring::cache::redis
