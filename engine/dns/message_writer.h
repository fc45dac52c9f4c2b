// Messages that dotring itself writes: replies to clients, queries to upstreams.
//
// Every reply carries the question as the client wrote it (0x20 case kept), its id, opcode, RD and
// CD, and an OPT record if and only if the query had one (RFC 6891, 6.1.1), with DO copied (RFC
// 3225, 3). What the rest of that OPT says is the caller's: `opt.rcode` and `opt.dnssec_ok` are
// overwritten here.
//
// Each function writes from the start of its room and returns the octets written, 0 when the room
// is too small. Extended error text is left out before anything else is.

#pragma once

#include "engine/dns/query_view.h"

namespace dotring::dns {

/// Room that is enough for every reply below, unless its OPT carries extended error text or padding
/// beyond it.
inline constexpr size_t kShortReplySizeMax = kUdpSizeWithoutEdns;
/// Room that is enough for every query to an upstream padded to 128 (RFC 8467, 4.1).
inline constexpr size_t kUpstreamQuerySizeMax = 384;

/// FORMERR, NOTIMP, BADVERS, SERVFAIL, REFUSED, NXDOMAIN without records. `query.verdict` is not
/// Drop. An rcode above 15 becomes SERVFAIL for a client without EDNS, who could not read it.
size_t write_error_reply(const QueryView& query, uint16_t rcode, const OptFields& opt,
                         MutableBytes room);

/// What a client gets over UDP when the answer does not fit: TC, question and OPT only, so that no
/// part of an RRset looks whole (RFC 2181, 9). `rcode` is the answer's.
size_t write_truncated_reply(const QueryView& query, uint16_t rcode, const OptFields& opt,
                             MutableBytes room);

/// The answer to a query of type ANY: HINFO "RFC8482" "" (RFC 8482, 4.2). `query` was accepted.
size_t write_minimal_any_reply(const QueryView& query, uint32_t ttl_s, const OptFields& opt,
                               MutableBytes room);

/// Turns an answer in stored form (stored_answer.h), the first `stored_size` octets of `room`, into
/// the reply to `query`, which asks the same question: id, flags and question become the query's;
/// AA goes, since dotring is no authority (RFC 1035, 4.1.1); AD stays only for a client that set AD
/// or DO (RFC 6840, 5.8); OPT is appended. The caller has aged the TTLs and seen to it that the
/// result may be that large.
size_t finish_stored_reply(const QueryView& query, size_t stored_size, const OptFields& opt,
                           MutableBytes room);

/// A query to an upstream: RD, CD and DO from the key's bits; AD always set, so that the answer
/// tells whether it was validated (RFC 6840, 5.7) and one stored answer serves clients with and
/// without AD. `opt.dnssec_ok` is overwritten.
size_t write_upstream_query(const QuestionKey& key, uint16_t id, const OptFields& opt,
                            MutableBytes room);

/// A query as `view` shows it, for accounts of it: header, question and OPT as they were, without
/// options. `view` was accepted, or its message is to be told of all the same.
size_t write_query_of_view(const QueryView& view, MutableBytes room);

}  // namespace dotring::dns
