// The form in which answers are kept: a message without OPT, question in lower case, and where its
// TTLs are. The header's id, which nobody needs, holds the one thing of the OPT record that belongs
// to the answer: the extended error, so that who asks later learns as much as who asked first.
//
// Invariant: the octets are a whole message that view_answer() accepts, TC clear; each TTL offset
// is inside it.

#pragma once

#include <optional>

#include "engine/dns/message_view.h"

namespace dotring::dns {

/// Removes OPT, lower-cases the question, clears TC, puts view.edns.extended_error in the place of
/// the id: turns an accepted answer into the stored form. `to` has room for message.size(). Where
/// records follow the OPT record, they are cut together with it (their compression pointers would
/// be wrong), and ARCOUNT says so. Returns the octets written.
size_t to_stored_form(Bytes message, const AnswerView& view, uint8_t* to);

/// view_answer() of a message in stored form, its extended error included.
AnswerView view_stored(Bytes message, const Question& question);

/// The info code that came with a message in stored form (RFC 8914). What says no more than "other
/// error" (0) is not told from none.
std::optional<uint16_t> stored_extended_error(Bytes message);
void set_stored_extended_error(uint8_t* message, std::optional<uint16_t> info_code);

/// Subtracts `age_s` from the TTL at each offset (big-endian, relative to `message`), not below
/// `floor_s`; values above 2^31-1 count as 0 (RFC 2181, 8). The hot path of every cache hit.
void age_ttls(MutableBytes message, const uint16_t* offsets, size_t count, uint32_t age_s,
              uint32_t floor_s);
/// Sets every TTL to `ttl_s` (stale answers, RFC 8767, 4).
void set_ttls(MutableBytes message, const uint16_t* offsets, size_t count, uint32_t ttl_s);

}  // namespace dotring::dns
