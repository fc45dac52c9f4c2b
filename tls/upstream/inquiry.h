// The record of one question under way: who asked, which servers, what is still listened to.
//
// Invariant: while a client waits (on_done has not run), an attempt is under way, or the inquiry is
// in a list of those that wait for a stream, or its timer is due at the next tick.
//
// A question may be the end of every stream that it is asked on: its answer is one that the server
// breaks down over. Which of those that were lost together it was cannot be seen. So from its
// second loss on a question is kept apart: it is asked on streams of their own (server_apart.cc),
// in the company of an eighth as many as the last time, in the end alone. Losses in company do not
// count as asks; the guilty one uses up its asks alone, the others are answered.

#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "engine/base/timer_wheel.h"
#include "engine/query/ports.h"
#include "tls/upstream/attempt.h"
#include "tls/upstream/choice.h"

namespace dotring::upstream {

class Multiplexer;

/// Attempts of one question that may be under way at the same time.
inline constexpr size_t kAttemptsMax = 4;
/// Asks that were lost in company are not counted, so often.
inline constexpr uint8_t kAsksForgivenMax = 12;

/// In a list while it waits for a stream.
struct Inquiry : ListNode<> {
  Inquiry(Multiplexer& owner, query::Forward& asked_for);

  /// Attempts that may be under way.
  std::span<const Attempt> listening() const {
    return {attempts.data(), asks == 0 ? 0 : attempts.size()};
  }
  bool under_way() const {
    return std::any_of(attempts.begin(), attempts.end(),
                       [](const Attempt& attempt) { return attempt.under_way(); });
  }
  /// Null when all are under way.
  Attempt* free_attempt();
  /// How often it may have been asked for nothing by its own fault.
  uint32_t asks_counted() const { return asks - asks_forgiven; }
  bool apart() const { return company != kAnyCompany; }
  /// It was lost with others, `together` in all.
  void keep_apart(size_t together);
  /// `attempt` was for nothing, by the fault of another question perhaps.
  void forgive(Attempt& attempt);
  void on_timer();

  Multiplexer& multiplexer;
  query::Forward& forward;
  Timer timer;  ///< patience, hedge or deadline: whatever is next
  uint64_t deadline_ms;
  uint64_t patience_us_max;
  ServerSet asked = 0;
  ServerSet refused = 0;  ///< answered something that speaks of the server (refusal.h)
  Attempt* newest = nullptr;
  uint8_t asks = 0;
  uint8_t asks_forgiven = 0;
  uint8_t losses = 0;
  uint16_t company = kAnyCompany;  ///< how many may share a stream with it, itself included
  bool hedging = false;            ///< the timer is a hedge's
  std::array<Attempt, kAttemptsMax> attempts;
  std::vector<uint8_t> refusal;  ///< the first one, kept as a last resort; empty: none
};

}  // namespace dotring::upstream
