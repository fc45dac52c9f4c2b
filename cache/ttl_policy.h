// How long an answer is kept: fresh, then stale, or not at all. Pure rules over a view, no clock.
//
// What it is not: a look at EDNS client subnets. An answer for a subnet that does not fit its
// question never gets here (RFC 7871).
//
// Invariant: a lifetime that is kept has 1 <= fresh_s <= ttl_max_s (negative: <=
// ttl_negative_max_s).

#pragma once

#include "engine/dns/message_view.h"

namespace dotring::cache {

enum class Verdict : uint8_t {
  Ignore,    ///< truncated: says nothing that could replace what is known
  Forget,    ///< a usable answer that may not be kept: what is kept about the question is outdated
  Positive,  ///< keep
  Negative,  ///< keep: NXDOMAIN or NODATA (RFC 2308)
  Failure,   ///< SERVFAIL: remember with growing back-off (RFC 9520)
  Refusal,   ///< any other rcode: remember for a short, fixed time
};

/// Failure or Refusal. `rcode` is neither NOERROR nor NXDOMAIN.
constexpr Verdict verdict_of_error(uint16_t rcode) {
  return rcode == dns::rcode::kServFail ? Verdict::Failure : Verdict::Refusal;
}

struct Lifetime {
  Verdict verdict = Verdict::Ignore;
  uint32_t fresh_s = 0;  ///< > 0 exactly with Positive and Negative
  uint32_t stale_s = 0;  ///< how long after that it may serve when nobody can be asked (RFC 8767)
};

class TtlPolicy {
 public:
  struct Options {
    uint32_t ttl_min_s = 0;              ///< smaller TTLs count as this
    uint32_t ttl_max_s = 86400;          ///< greater TTLs count as this, also towards clients
    uint32_t ttl_negative_max_s = 3600;  ///< the same for NXDOMAIN and NODATA (RFC 2308, 5)
    uint32_t stale_max_s = 86400;        ///< 0: never stale; RFC 8767, 5 suggests 1 to 3 days
    uint32_t failure_ttl_min_s = 1;      ///< the first back-off; RFC 9520, 3.2: at least 1 s
    uint32_t failure_ttl_max_s = 300;    ///< the last back-off; RFC 9520, 3.2: at most 5 min
    uint32_t refusal_ttl_s = 5;
  };

  explicit TtlPolicy(const Options& options) : options_(options) {}
  const Options& options() const { return options_; }

  /// `view` was accepted by view_answer().
  Lifetime judge(const dns::AnswerView& view) const;

  /// How long nobody is asked after the `failures`-th failure in a row (1 is the first): doubles
  /// each time.
  uint32_t failure_backoff_s(uint32_t failures) const;

  /// What a record's TTL becomes when its answer is kept for `lifetime`: between floor and ceiling,
  /// and, in a negative answer, not above the time it is kept.
  uint32_t clamp_ttl(uint32_t ttl_s, const Lifetime& lifetime) const;

 private:
  Lifetime judge_usable(const dns::AnswerView& view) const;
  Lifetime judge_negative(const dns::AnswerView& view) const;
  Lifetime keep(Verdict verdict, uint32_t ttl_s, uint32_t ttl_max_s) const;

  Options options_;
};

}  // namespace dotring::cache
