#include "cache/ttl_policy.h"

#include <algorithm>

namespace dotring::cache {

namespace rcode = dns::rcode;

Lifetime TtlPolicy::judge(const dns::AnswerView& view) const {
  if (view.rcode != rcode::kNoError && view.rcode != rcode::kNxDomain) {
    return {verdict_of_error(view.rcode), 0, 0};
  }
  // A part of an RRset must never be given as the whole (RFC 2181, 9).
  if (view.header.has(dns::kFlagTc)) return {Verdict::Ignore, 0, 0};
  return judge_usable(view);
}

Lifetime TtlPolicy::judge_usable(const dns::AnswerView& view) const {
  if (view.negative()) return judge_negative(view);
  return keep(Verdict::Positive, view.ttl_min, options_.ttl_max_s);
}

// Without an SOA nobody said how long (RFC 2308, 5). Where CNAMEs lead to the missing name or type,
// the answer is outdated as soon as one of them is.
Lifetime TtlPolicy::judge_negative(const dns::AnswerView& view) const {
  if (!view.has_soa) return {Verdict::Forget, 0, 0};
  const uint32_t ttl_s = std::min(view.negative_ttl, view.ttl_min);
  return keep(Verdict::Negative, ttl_s, std::min(options_.ttl_negative_max_s, options_.ttl_max_s));
}

Lifetime TtlPolicy::keep(Verdict verdict, uint32_t ttl_s, uint32_t ttl_max_s) const {
  const uint32_t fresh_s = std::min(std::max(ttl_s, options_.ttl_min_s), ttl_max_s);
  if (fresh_s == 0) return {Verdict::Forget, 0, 0};
  return {verdict, fresh_s, options_.stale_max_s};
}

uint32_t TtlPolicy::failure_backoff_s(uint32_t failures) const {
  const uint32_t doublings = std::min(failures > 0 ? failures - 1 : 0, 31u);
  const uint64_t backoff_s = uint64_t{options_.failure_ttl_min_s} << doublings;
  return static_cast<uint32_t>(std::min<uint64_t>(backoff_s, options_.failure_ttl_max_s));
}

uint32_t TtlPolicy::clamp_ttl(uint32_t ttl_s, const Lifetime& lifetime) const {
  const bool negative = lifetime.verdict == Verdict::Negative;
  const uint32_t ceiling_s = negative ? lifetime.fresh_s : options_.ttl_max_s;
  return std::min(std::max(dns::ttl_meant(ttl_s), options_.ttl_min_s), ceiling_s);
}

}  // namespace dotring::cache
