// Answers for any name, made of the name itself. Pure: a query in, a message out, nothing kept,
// nothing allocated.
//
// The same name always gets the same addresses: with h = SipHash-1-3 (key 0) of the lower-case wire
// name, the record number added, A is 198.18.0.0/15 (RFC 2544) with the low 17 bits of h, and AAAA
// is 2001:db8:: (RFC 3849) with h as the last 64 bits. TXT is h in hexadecimal. NS, PTR, MX and SRV
// point at the name itself, HTTPS and SVCB at ".", types that nobody has defined hold h as octets;
// other types have no data.

#pragma once

#include "engine/dns/query_view.h"
#include "tools/responder/behaviour.h"

namespace dotring::responder {

/// What the transport allows and asks for.
struct ReplyForm {
  bool datagram = false;                    ///< may be truncated
  size_t size_max = 0;                      ///< octets
  uint16_t pad_to_multiple = 0;             ///< where the query was padded (RFC 8467, 4.1)
  std::optional<uint16_t> keepalive_100ms;  ///< where the query asked for it (RFC 7828)
};

/// Room that is enough for synthesize(); at most form.size_max.
size_t reply_room(const dns::QueryView& query, const Behaviour& behaviour, const ReplyForm& form);

/// Writes the reply from the start of `room` and returns its octets. `query.verdict` is not Drop.
/// Looks only at what `behaviour` says about the answer's content. 0 when the room is too small
/// even for an error.
size_t synthesize(const dns::QueryView& query, const Behaviour& behaviour, const ReplyForm& form,
                  MutableBytes room);

/// h above.
uint64_t name_hash(Bytes name);

}  // namespace dotring::responder
