// One question in flight: who waits for its answer, and who has been asked for it.
//
// Plain state; resolver.h moves it along. At each moment a slower tier (`fetching`), the upstream
// (`forwarding`) or both have been asked; when neither is left, the resolution ends.
//
// Invariant: started_us <= arrived_us of each waiter, so the resolution's deadline is never later
// than a waiter's.

#pragma once

#include "engine/base/timer_wheel.h"
#include "engine/query/waiting_room.h"

namespace dotring::query {

class Resolver;
struct Resolution;

/// The forwarder's and the store's records of a question, with the way back to it.
struct ResolutionForward : Forward {
  Resolution* resolution = nullptr;
};
struct ResolutionFetch : Fetch {
  Resolution* resolution = nullptr;
};

struct Resolution {
  Resolution(Resolver& owner, const dns::QuestionKey& question, uint64_t now_us)
      : resolver(owner), key(question), started_us(now_us) {
    forward.key = fetch.key = &key;
    forward.resolution = fetch.resolution = this;
  }

  void on_timer();

  Resolver& resolver;
  const dns::QuestionKey key;
  const uint64_t started_us;
  Resolution* next_in_chain = nullptr;

  WaiterQueue queue;
  bool fetching = false;
  bool forwarding = false;
  bool forward_tried = false;
  /// Some waiter would be content with a stale answer, and none has been looked for yet.
  bool stale_due = false;
  /// How the forwarder ended, where it gave no usable answer. Answered: `told` is what it said.
  ForwardResult failure = ForwardResult::NoUpstream;
  Failure told;
  /// When it ended so, a slower tier being still asked; 0: not.
  uint64_t failed_us = 0;

  ResolutionForward forward;
  ResolutionFetch fetch;
  /// The next of: end of the bounded wait, time for stale answers, deadline.
  Timer timer;
};

}  // namespace dotring::query
