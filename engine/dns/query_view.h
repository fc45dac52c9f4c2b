// A checked view of a client's message: what it asks and what is to be done with it. No copies.
//
// What it is not: policy. Which types, classes or clients are served is decided elsewhere.

#pragma once

#include "engine/dns/edns.h"
#include "engine/dns/header.h"
#include "engine/dns/question.h"

namespace dotring::dns {

/// What is to be done with a client's message.
enum class QueryVerdict : uint8_t {
  Accept,
  Drop,     ///< shorter than a header, or QR set: answering could loop
  FormErr,  ///< RFC 9619 (QDCOUNT != 1), malformed, records where none may be, two OPTs (RFC 6891)
  NotImp,   ///< opcode that is not forwarded (RFC 3425 and others), whatever the rest looks like
  BadVers,  ///< EDNS version above 0 (RFC 6891, 6.1.3)
};

struct QueryView {
  QueryVerdict verdict = QueryVerdict::Drop;
  Header header;
  Question question;  ///< set when the only question could be read, whatever the verdict
  bool has_question = false;
  bool has_opt = false;  ///< set when an OPT's fixed part could be read, whatever the verdict
  Edns edns;
};

/// Never fails otherwise than by its verdict. Additional records other than OPT (TSIG, SIG(0)) are
/// walked over; so is the one authority record of an IXFR query (RFC 1995, 3). Octets behind the
/// last record: FormErr.
QueryView view_query(Bytes message);

}  // namespace dotring::dns
