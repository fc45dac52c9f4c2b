// What is done with a question because of its type or class alone.
//
// Unknown types and classes are forwarded (RFC 5625, 4.3 and RFC 3597). What is not forwarded is
// what cannot be answered by one message of a cache, or is about this host:
//
//   NXNAME (128)          FORMERR   RFC 9824, 3.5: must not be forwarded
//   OPT, TSIG             FORMERR   pseudo-records, no question can be about them
//   TKEY                  NOTIMP    between two hosts, keys are made for one hop (RFC 2930)
//   MAILB, MAILA          NOTIMP    obsolete (RFC 1035, 3.2.3)
//   AXFR, IXFR            REFUSED   dotring has no zones; the same over UDP and TCP
//   class CH              REFUSED   about the server itself (version.bind), and nobody's business
//   ANY                   minimal   RFC 8482: answered here, never amplified

#pragma once

#include "engine/dns/question.h"

namespace dotring::query {

enum class QuestionRule : uint8_t { Forward, FormErr, NotImp, Refuse, MinimalAny };

inline QuestionRule rule_of(const dns::QuestionKey& key) {
  constexpr uint16_t kClassChaos = 3;
  constexpr uint16_t kNxname = 128;
  constexpr uint16_t kTkey = 249;
  constexpr uint16_t kMailb = 253;
  constexpr uint16_t kMaila = 254;
  if (key.klass() == kClassChaos) return QuestionRule::Refuse;
  switch (key.type()) {
    case dns::type::kOpt:
    case dns::type::kTsig:
    case kNxname:
      return QuestionRule::FormErr;
    case kTkey:
    case kMailb:
    case kMaila:
      return QuestionRule::NotImp;
    case dns::type::kAxfr:
    case dns::type::kIxfr:
      return QuestionRule::Refuse;
    case dns::type::kAny:
      return QuestionRule::MinimalAny;
    default:
      return QuestionRule::Forward;
  }
}

}  // namespace dotring::query
