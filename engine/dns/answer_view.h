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
  Malformed,      ///< does not parse to its very end
  NotAResponse,   ///< QR not set, or opcode not QUERY
  WrongQuestion,  ///< question differs from the one asked, or is missing although the answer says
                  ///< something about it
};

struct AnswerView {
  static constexpr size_t kRecordsMax = 4096;

  AnswerFault fault = AnswerFault::Malformed;
  Header header;
  Question question;
  /// False only in an error (neither NOERROR nor NXDOMAIN) without records: some servers leave the
  /// question out when they refuse a message. Such an answer says nothing that could be kept or
  /// given to a client.
  bool has_question = false;
  bool has_opt = false;
  Edns edns;
  uint16_t rcode = 0;         ///< 12 bits, OPT included
  uint32_t record_count = 0;  ///< records apart from OPT
  uint32_t ttl_min =
      UINT32_MAX;        ///< smallest TTL of all records apart from OPT; UINT32_MAX without records
  bool has_soa = false;  ///< an SOA in the authority section
  uint32_t negative_ttl = 0;  ///< min(SOA TTL, SOA MINIMUM) (RFC 2308, 5); only with has_soa
  bool answers_question =
      false;  ///< some record in the answer section (not only CNAMEs: see negative())
  bool has_final_answer =
      false;              ///< a record of the asked type (or type ANY asked) in the answer section
  size_t opt_offset = 0;  ///< of the OPT record; message size when there is none
  size_t opt_end = 0;
  uint16_t additional_before_opt =
      0;  ///< additional records in front of the OPT record; all when there is none

  /// NXDOMAIN or NODATA (RFC 2308, 2): the end of the chain has no record of the asked type.
  bool negative() const {
    return rcode == rcode::kNxDomain || (rcode == rcode::kNoError && !has_final_answer);
  }
};

/// `expected` is the question as asked, compared ignoring case; name empty: any question passes.
/// TTLs above 2^31-1 count as 0 (RFC 2181, 8).
AnswerView view_answer(Bytes message, const Question& expected);

}  // namespace dotring::dns
