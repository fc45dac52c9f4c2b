// How long the queries took that were answered in the turn they came in.
//
// What it is: one look at the clock and one entry of a histogram per turn, for all of them: from
// the time at which the turn began to the end of its sendmmsg. (What goes over TCP is with the ring
// by then, which sends when the next turn begins.) What it is not: for queries that waited, whose
// times query::Statistics has.

#pragma once

#include "engine/base/histogram.h"
#include "engine/io/loop.h"

namespace dotring::listen {

class TurnLatency final : private io::Flushable {
 public:
  /// Both outlive it.
  TurnLatency(io::Loop& loop, Histogram& latency_us) : loop_(loop), latency_us_(latency_us) {}

  /// `count` queries of this turn have been answered; their replies have been committed, so what
  /// sends them is flushed before this.
  void add(uint64_t count) {
    if (answered_ == 0 && count > 0) loop_.schedule(*this);
    answered_ += count;
  }

 private:
  void flush() override {
    latency_us_.add(loop_.clock().monotonic_us() - loop_.now_us(), answered_);
    answered_ = 0;
  }

  io::Loop& loop_;
  Histogram& latency_us_;
  uint64_t answered_ = 0;
};

}  // namespace dotring::listen
