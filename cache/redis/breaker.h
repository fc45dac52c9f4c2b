// Whether a server is asked, and whether anything is stored there: two gates, no I/O, no timers.
//
//   Closed (commands pass) -> Open (refused until the time of a probe) -> Probing -> Closed | Open
//
// Reads stop when the server is gone, silent, slow, loading or refuses us; a PING probes it. Writes
// have a gate of their own: a server that is full or read-only still answers GETs. Only a SET can
// tell whether SETs work again, so one that somebody wants is let through as the probe.
//
// Invariant: cause() == None exactly while Closed.

#pragma once

#include "cache/redis/backoff.h"
#include "cache/redis/statistics.h"

namespace dotring::cache::redis {

class Gate {
 public:
  enum class State : uint8_t { Closed, Open, Probing };

  Gate(const BackoffOptions& options, Cause first) : backoff_(options), cause_(first) {
    if (first != Cause::None) state_ = State::Open;
  }

  State state() const { return state_; }
  bool closed() const { return state_ == State::Closed; }
  Cause cause() const { return cause_; }

  /// Something failed, also a probe. True when the gate was Closed before.
  bool stop(Cause cause, uint64_t now_ms, Random& random) {
    const bool was_closed = closed();
    const uint64_t worked_ms = was_closed ? now_ms - passed_at_ms_ : 0;
    if (state_ != State::Open) probe_at_ms_ = now_ms + backoff_.failed(random, worked_ms);
    state_ = State::Open;
    cause_ = cause;
    return was_closed;
  }
  /// True once when it is time for a probe, which the caller sends now: stop() or pass() follows.
  bool take_probe(uint64_t now_ms) {
    if (state_ != State::Open || now_ms < probe_at_ms_) return false;
    state_ = State::Probing;
    return true;
  }
  /// A probe that could not be sent or got lost says nothing: the next may be taken at once.
  void probe_lost(uint64_t now_ms) {
    if (state_ != State::Probing) return;
    state_ = State::Open;
    probe_at_ms_ = now_ms;
  }
  /// The next probe may be taken at once, and waits are short again: the server is another.
  void retry_now(uint64_t now_ms) {
    backoff_.succeeded();
    if (state_ == State::Open) probe_at_ms_ = now_ms;
  }
  /// True when the gate was not Closed before.
  bool pass(uint64_t now_ms) {
    const bool was_closed = closed();
    if (!was_closed) passed_at_ms_ = now_ms;
    state_ = State::Closed;
    cause_ = Cause::None;
    return !was_closed;
  }
  uint64_t probe_at_ms() const { return probe_at_ms_; }

 private:
  Backoff backoff_;
  State state_ = State::Closed;
  Cause cause_;
  uint64_t probe_at_ms_ = 0;
  uint64_t passed_at_ms_ = 0;
};

/// How long a server takes to answer.
class Pace {
 public:
  explicit Pace(const BreakerOptions& options) : options_(options) {}

  void add(uint64_t round_trip_us) {
    ++replies_;
    if (replies_ == 1) smoothed_us_ = static_cast<double>(round_trip_us);
    smoothed_us_ += (static_cast<double>(round_trip_us) - smoothed_us_) / kWeight;
  }
  bool slow() const {
    return replies_ >= options_.slow_replies_min &&
           smoothed_us_ >= static_cast<double>(options_.slow_us);
  }
  uint64_t smoothed_us() const { return static_cast<uint64_t>(smoothed_us_); }
  void forget() { replies_ = 0; }

 private:
  static constexpr double kWeight = 64;
  const BreakerOptions options_;
  double smoothed_us_ = 0;
  uint64_t replies_ = 0;
};

}  // namespace dotring::cache::redis
