// A checked view of an upstream's answer: a whole walk, every name and length checked. No copies.
//
// RDATA of the types that may hold compressed names (RFC 1035, 3.3; RFC 3597, 4), of A, AAAA and
// TXT are checked by their shape (rdata.h); all others are opaque, as RFC 3597 and RFC 5625 ask.

#pragma once

#include "engine/dns/edns.h"
#include "engine/dns/header.h"
#include "engine/dns/question.h"

namespace dotring::dns {

/// Why an upstream's message was not accepted.
enum class AnswerFault : uint8_t {
  None,
  Malformed,        ///< does not parse to its very end
  NotAResponse,     ///< QR not set, or opcode not QUERY
  WrongQuestion,    ///< not the question asked, or none although there are records
  WithoutQuestion,  ///< neither question nor records: how some servers refuse a message
};

/// An accepted answer (fault None) always has one question. Records are counted apart from OPT.
struct AnswerView {
  static constexpr size_t kRecordsMax = 4096;

  AnswerFault fault = AnswerFault::Malformed;
  Header header;
  Question question;
  bool has_opt = false;
  Edns edns;
  uint16_t rcode = 0;  ///< 12 bits, OPT included
  uint32_t record_count = 0;
  /// The smallest TTL of all records; UINT32_MAX without records.
  uint32_t ttl_min = UINT32_MAX;
  bool has_soa = false;           ///< an SOA in the authority section
  uint32_t negative_ttl = 0;      ///< min(SOA TTL, SOA MINIMUM) (RFC 2308, 5); only with has_soa
  bool has_final_answer = false;  ///< one of the asked type there, or any when ANY was asked
  size_t opt_offset = 0;          ///< of the OPT record; message size when there is none
  /// Additional records in front of the OPT record; all of them when there is none.
  uint16_t additional_before_opt = 0;

  /// NXDOMAIN or NODATA (RFC 2308, 2): the end of the chain has no record of the asked type.
  bool negative() const {
    return rcode == rcode::kNxDomain || (rcode == rcode::kNoError && !has_final_answer);
  }

  /// Made for a subnet (RFC 7871, 7.3). dotring asks for none, so it was made for somebody else and
  /// must not be kept for everybody.
  bool tailored() const {
    const Bytes option = edns.client_subnet;
    return option.size() >= 4 && (option[2] != 0 || option[3] != 0);
  }
};

/// `expected` is the question as asked, compared ignoring case; name empty: any question passes.
/// TTLs above 2^31-1 count as 0 (RFC 2181, 8). `header`, `rcode` and `edns` are set for
/// WithoutQuestion too.
AnswerView view_answer(Bytes message, const Question& expected);

}  // namespace dotring::dns
