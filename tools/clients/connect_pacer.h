// How many connections are begun per second, over all clients of a loop.
//
// A client asks for its turn; granted at once while the rate allows, in order of asking otherwise.
// Time comes from the loop's turns, so turns are given in milliseconds' bundles.
//
// Invariant: within any time t at most 1 + rate * (t + 1 ms) turns are given.

#pragma once

#include "engine/base/list.h"
#include "engine/base/turn_time.h"

namespace dotring::clients {

/// Who waits for its turn. Destroying it gives the turn up.
class ConnectTurn : public ListNode<ConnectTurn> {
 public:
  virtual void begin_connection() = 0;

 protected:
  ~ConnectTurn() = default;
};

class ConnectPacer {
 public:
  /// `rate_per_s` 0: no limit.
  ConnectPacer(TurnTime time, double rate_per_s);

  /// begin_connection() follows, perhaps from inside this call. Asking twice changes nothing.
  void ask(ConnectTurn& turn);

 private:
  void give_turns();

  const TurnTime time_;
  const double rate_per_s_;
  double credit_ = 1;
  uint64_t credited_ms_;
  Timer timer_;
  List<ConnectTurn, ConnectTurn> waiting_;
};

}  // namespace dotring::clients
