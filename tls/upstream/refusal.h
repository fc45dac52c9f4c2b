// Answers that speak of the server or of others, not of the name: another server may know better.
//
// A fast SERVFAIL must not win a race against an answer. But where a server says that it refuses by
// rule, or that the data did not validate, asking on would be shopping for a server that does not
// care.

#pragma once

#include "engine/dns/answer_view.h"

namespace dotring::upstream {

/// YXDOMAIN is an answer: a DNAME made the name too long (RFC 6672, 2.2).
inline bool is_refusal(const dns::AnswerView& view) {
  constexpr uint16_t kYxDomain = 6;
  if (view.fault == dns::AnswerFault::WithoutQuestion || view.tailored()) return true;
  return view.rcode != dns::rcode::kNoError && view.rcode != dns::rcode::kNxDomain &&
         view.rcode != kYxDomain;
}

/// By its extended error: DNSSEC (RFC 8914, 4.7 to 4.13) or a policy (4.16 to 4.19).
inline bool is_final_refusal(const dns::AnswerView& view) {
  constexpr uint16_t kBogus = 6;
  constexpr uint16_t kNsecMissing = 12;
  if (!view.edns.extended_error) return false;
  const uint16_t code = *view.edns.extended_error;
  const bool validation = code >= kBogus && code <= kNsecMissing;
  const bool policy =
      code >= dns::extended_error::kBlocked && code <= dns::extended_error::kProhibited;
  return validation || policy;
}

}  // namespace dotring::upstream
