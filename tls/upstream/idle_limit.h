// How long a stream to one server may lie idle before the server closes it: told or learned.
//
// Told: the server's edns-tcp-keepalive (RFC 7828). Learned: the idle time at which it was seen to
// close. A single close may have been a restart, so a learned limit is believed when seen twice;
// until then it is doubled after a few streams that reached it in good health. A believed one is
// doubted too, much later. Sending on a stream that the server is closing loses the query; hence
// the margins: ask in time, and do not use a stream shortly before its end.
//
// Invariant: ask_after_ms() <= unused_after_ms() <= limit_ms().

#pragma once

#include <algorithm>
#include <cstdint>

namespace dotring::upstream {

class IdleLimit {
 public:
  struct Options {
    /// A close after less idle time has other reasons, and a stream that a server told to be closed
    /// sooner is not kept open.
    uint64_t learned_ms_min = 500;
    /// A limit above this is as good as none.
    uint64_t limit_ms_max = 3'600'000;
    /// Of the limit, in front of its end: our own question at the whole margin, no use within half
    /// of it.
    uint64_t margin_percent = 15;
    /// How often a limit seen once is reached before it is doubled; sixteen times as often when
    /// seen twice.
    uint32_t reaches_to_doubt = 4;
  };
  static constexpr uint64_t kUnknown = UINT64_MAX;

  explicit IdleLimit(const Options& options) : options_(options) {}

  void set_options(const Options& options) { options_ = options; }

  /// From a keepalive option; holds until the next one.
  void told(uint64_t limit_ms) { told_ms_ = limit_ms; }

  /// The server closed a stream that had nothing in flight and was idle for `idle_ms`.
  void peer_closed(uint64_t idle_ms) {
    if (idle_ms < options_.learned_ms_min) return;
    confirmed_ = near(closed_ms_, idle_ms);
    learned_ms_ = confirmed_ ? std::min(closed_ms_, idle_ms) : idle_ms;
    closed_ms_ = learned_ms_;
    reaches_ = 0;
  }

  /// A stream reached ask_after_ms().
  void reached() {
    const uint32_t patience = options_.reaches_to_doubt * (confirmed_ ? 16 : 1);
    if (learned_ms_ == kUnknown || ++reaches_ < patience) return;
    reaches_ = 0;
    confirmed_ = false;
    const bool forgotten = learned_ms_ > options_.limit_ms_max / 2;
    learned_ms_ = forgotten ? kUnknown : 2 * learned_ms_;
    if (forgotten) closed_ms_ = kUnknown;
  }

  uint64_t limit_ms() const {
    const uint64_t limit = std::min(told_ms_, learned_ms_);
    return limit > options_.limit_ms_max ? kUnknown : limit;
  }
  bool worth_keeping() const { return limit_ms() >= options_.learned_ms_min; }
  uint64_t ask_after_ms() const { return before_limit(margin_ms()); }
  uint64_t unused_after_ms() const { return before_limit(margin_ms() / 2); }

 private:
  static bool near(uint64_t a, uint64_t b) { return std::max(a, b) - std::min(a, b) <= a / 8; }

  uint64_t margin_ms() const { return limit_ms() / 100 * options_.margin_percent; }
  uint64_t before_limit(uint64_t margin_ms) const {
    const uint64_t limit = limit_ms();
    return limit == kUnknown ? kUnknown : limit - margin_ms;
  }

  Options options_;
  uint64_t told_ms_ = kUnknown;
  uint64_t learned_ms_ = kUnknown;
  uint64_t closed_ms_ = kUnknown;  ///< what the last close taught, whatever was doubted since
  bool confirmed_ = false;
  uint32_t reaches_ = 0;
};

}  // namespace dotring::upstream
