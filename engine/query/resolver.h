// Questions that memory cannot answer: joined, fetched from slower tiers, forwarded, answered.
//
// What it does: each question is asked once at a time, whoever asks it; the slower tiers first, for
// a bounded wait, then the upstream without waiting further. Whichever answers first serves all who
// joined. Where the upstream fails or is slow, a stale answer serves them (RFC 8767). One deadline
// covers everything, whatever is stuck.
// What it is not: choice of servers, retries (the forwarder's), how long what is kept (the
// store's).
//
// Invariant: each client that wait() took gets exactly one reply or drop, no later than timeout_ms
// after it arrived.

#pragma once

#include <functional>
#include <vector>

#include "engine/query/resolution.h"
#include "engine/query/resolution_table.h"

namespace dotring::query {

/// What the upstream said of an answer, without its text: that may be in any language.
std::optional<ExtendedError> upstream_error(std::optional<uint16_t> info_code);
/// What a client learns of a stale answer with these header flags (RFC 8914, 4.4 and 4.20).
ExtendedError stale_error(uint16_t answer_flags);

/// A question that ended without an answer that says how the data is (NOERROR or NXDOMAIN).
/// Everything in it is valid during the call only.
struct QuestionFailure {
  const dns::QuestionKey& key;
  ForwardResult cause;  ///< Answered: the upstream said `rcode`
  uint16_t rcode;       ///< what clients get for whom there is no stale answer
  uint32_t clients;     ///< that waited when it ended
};

class Resolver {
 public:
  struct Options {
    WaitingRoom::Options waiting_room;
    /// Questions in flight; those that nobody waits for may use half of them, those of clients
    /// whose addresses may be forged three quarters.
    uint32_t resolutions_max = 8192;
    /// The deadline of a query.
    uint64_t timeout_ms = 5000;
    /// The forwarder's deadline is earlier by this, so that its own account of a time-out comes
    /// first.
    uint64_t forward_margin_ms = 20;
    /// How long the upstream may take before those who can be served a stale answer are (RFC 8767,
    /// 5: the client response timer).
    uint64_t stale_answer_delay_ms = 1800;
    /// How long a slower tier is waited for at most before the upstream is asked too. Timers count
    /// whole milliseconds, so it is rounded up.
    uint64_t fetch_wait_us = 5000;
    /// How much longer it is waited for when the upstream has failed: an answer that is late is
    /// better than none.
    uint64_t fetch_grace_ms = 100;
    /// Called from inside the resolver, which it must not call back; empty: not called.
    std::function<void(const QuestionFailure&)> on_failure;
  };

  /// All references outlive the resolver. `clock` and `timers` show the same time.
  Resolver(const Options& options, AnswerStore& store, Forwarder& forwarder, TimerWheel& timers,
           const TurnClock& clock, ReplySender& sender, Statistics& statistics);
  /// Clients that still wait are dropped.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Takes a client to wait for the answer. `stale_exists`: there is one to fall back on; the
  /// slower tiers are asked all the same, somebody else may have refreshed it. False when a limit
  /// forbids it; the client is still the caller's.
  bool wait(const dns::QuestionKey& key, const Asker& asker, bool stale_exists);
  /// See WaitingRoom.
  void set_client_limit(protect::InFlightLimiter* limit) { waiting_room_.set_client_limit(limit); }
  /// Asks without anybody waiting, unless the question is in flight or a limit forbids it.
  void refresh(const dns::QuestionKey& key);
  bool in_flight(const dns::QuestionKey& key) { return table_.find(key) != nullptr; }
  /// In flight for longer than anybody should wait who could have a stale answer.
  bool slow(const dns::QuestionKey& key);
  /// Starts no refreshes any more. Who waits is still answered.
  void drain() { draining_ = true; }

  /// Clients that wait.
  uint32_t waiting() const { return waiting_room_.waiting(); }
  bool idle() const { return resolutions_.used() == 0; }
  /// Memory taken at most, in octets, for the sum printed at start.
  static size_t memory_max(const Options& options);

 private:
  friend struct Resolution;

  Resolution* start(const dns::QuestionKey& key, bool fetch_first);
  bool has_room_without_waiters() const;
  bool has_room_for(const Asker& asker) const;
  bool over(WaitLimit limit);
  bool start_fetch(Resolution& resolution);
  bool start_forward(Resolution& resolution);
  void expect_stale(Resolution& resolution);

  uint64_t deadline_us(const Resolution& resolution) const;
  uint64_t stale_at_us(const Resolution& resolution) const;
  uint64_t fetch_until_us(const Resolution& resolution) const;
  bool waits_for_fetch(const Resolution& resolution) const;
  void arm(Resolution& resolution);
  void on_timer(Resolution& resolution);
  void on_deadline(Resolution& resolution);

  static void forward_done(Forward& forward, ForwardResult result, Bytes message,
                           const dns::AnswerView& view);
  static void fetch_done(Fetch& fetch, Bytes answer);
  void on_answer(Resolution& resolution, Bytes message, const dns::AnswerView& view);
  void on_fetched(Resolution& resolution, Bytes answer);
  void on_not_fetched(Resolution& resolution);
  void on_forward_failed(Resolution& resolution);
  void keep(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view);
  void fail(Resolution& resolution);
  void tell(const Resolution& resolution) const;
  void detach(Resolution& resolution);

  bool serve_stale(Resolution& resolution, Counter& counter);
  void give_answer(Resolution& resolution, Bytes message, const dns::AnswerView& view);

  const Options options_;
  AnswerStore& store_;
  Forwarder& forwarder_;
  TimerWheel& timers_;
  const TurnClock& clock_;
  Statistics& statistics_;
  WaitingRoom waiting_room_;
  Slab<Resolution> resolutions_;
  ResolutionTable<Resolution> table_;
  /// One answer on its way to those who joined.
  std::vector<uint8_t> scratch_;
  bool draining_ = false;
};

}  // namespace dotring::query
