// The form in which answers are kept: a message without OPT, question in lower case, and where its
// TTLs are.
//
// Invariant: the octets are a whole message that view_answer() accepts, id 0, TC clear; each TTL
// offset is inside it.

#pragma once

#include <vector>

#include "engine/dns/message_view.h"

namespace dotring::dns {

/// Removes OPT, lower-cases the question, sets id 0, clears TC: turns an accepted answer into the
/// stored form. `to` has room for message.size(). Where records follow the OPT record, they are cut
/// together with it (their compression pointers would be wrong), and ARCOUNT says so. Returns the
/// octets written.
size_t to_stored_form(Bytes message, const AnswerView& view, uint8_t* to);

/// Subtracts `age_s` from the TTL at each offset (big-endian, relative to `message`), not below
/// `floor_s`; values above 2^31-1 count as 0 (RFC 2181, 8). The hot path of every cache hit.
void age_ttls(MutableBytes message, const uint16_t* offsets, size_t count, uint32_t age_s,
              uint32_t floor_s);
/// Sets every TTL to `ttl_s` (stale answers, RFC 8767, 4).
void set_ttls(MutableBytes message, const uint16_t* offsets, size_t count, uint32_t ttl_s);

}  // namespace dotring::dns
