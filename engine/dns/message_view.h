// Checked views of messages: a client's query, an upstream's answer. No copies.

#pragma once

#include <array>

#include "engine/dns/edns.h"
#include "engine/dns/question.h"

namespace dotring::dns {

struct Header {
  uint16_t id = 0;
  uint16_t flags = 0;
  uint16_t question_count = 0;
  uint16_t answer_count = 0;
  uint16_t authority_count = 0;
  uint16_t additional_count = 0;

  uint8_t opcode() const { return static_cast<uint8_t>((flags & kOpcodeMask) >> kOpcodeShift); }
  uint16_t rcode() const { return flags & kRcodeMask; }
  bool has(uint16_t flag) const { return (flags & flag) != 0; }
};

/// `message` has at least kHeaderSize octets.
Header read_header(Bytes message);
void write_header(const Header& header, uint8_t* to);

/// What is to be done with a client's message.
enum class QueryVerdict : uint8_t {
  Accept,
  Drop,            ///< shorter than a header, or QR set: answering could loop
  FormErr,         ///< RFC 9619 (QDCOUNT != 1), malformed, records where none may be, two OPTs (RFC 6891)
  NotImp,          ///< opcode that is not forwarded (RFC 3425 and others)
  BadVers,         ///< EDNS version above 0 (RFC 6891, 6.1.3)
};

struct QueryView {
  QueryVerdict verdict = QueryVerdict::Drop;
  Header header;
  Question question;   ///< set when the question could be read, whatever the verdict
  bool has_question = false;
  bool has_opt = false;
  Edns edns;
};

/// Never fails otherwise than by its verdict. Additional records other than OPT (TSIG, SIG(0)) are walked over.
QueryView view_query(Bytes message);

/// Why an upstream's message was not accepted.
enum class AnswerFault : uint8_t {
  None,
  Malformed,      ///< does not parse to its very end
  NotAResponse,   ///< QR not set, or opcode not QUERY
  WrongQuestion,  ///< question differs from the one asked (or is missing where needed)
};

/// A whole walk over an upstream's answer: every name and length checked, nothing left unparsed.
struct AnswerView {
  static constexpr size_t kRecordsMax = 4096;

  AnswerFault fault = AnswerFault::Malformed;
  Header header;
  Question question;
  bool has_opt = false;
  Edns edns;
  uint16_t rcode = 0;              ///< 12 bits, OPT included
  uint32_t record_count = 0;       ///< records apart from OPT
  uint32_t ttl_min = UINT32_MAX;   ///< smallest TTL of all records apart from OPT; UINT32_MAX without records
  bool has_soa = false;            ///< an SOA in the authority section
  uint32_t negative_ttl = 0;       ///< min(SOA TTL, SOA MINIMUM) (RFC 2308, 5); only with has_soa
  bool answers_question = false;   ///< some record in the answer section (not only CNAMEs: see negative())
  bool has_final_answer = false;   ///< a record of the asked type (or type ANY asked) in the answer section
  size_t opt_offset = 0;           ///< of the OPT record; message size when there is none
  size_t opt_end = 0;

  /// NXDOMAIN or NODATA (RFC 2308, 2): the end of the chain has no record of the asked type.
  bool negative() const {
    return rcode == rcode::kNxDomain || (rcode == rcode::kNoError && !has_final_answer);
  }
};

/// `expected` is the question as asked, compared ignoring case; name empty: any question passes.
AnswerView view_answer(Bytes message, const Question& expected);

/// Calls `visit(offset_of_ttl, type)` for each record of a message that view_answer() accepted, OPT left out.
template <typename Visit>
void for_each_ttl(Bytes message, Visit&& visit) {
  const Header header = read_header(message);
  Reader reader(message, kHeaderSize);
  for (uint32_t i = 0; i < header.question_count; ++i) {
    skip_name(reader);
    reader.skip(4);
  }
  const uint32_t records = uint32_t{header.answer_count} + header.authority_count + header.additional_count;
  for (uint32_t i = 0; i < records && reader.ok(); ++i) {
    skip_name(reader);
    const uint16_t type = reader.u16();
    reader.skip(2);
    const size_t ttl_offset = reader.offset();
    reader.skip(4);
    reader.skip(reader.u16());
    if (reader.ok() && type != dns::type::kOpt) visit(ttl_offset, type);
  }
}

}  // namespace dotring::dns
