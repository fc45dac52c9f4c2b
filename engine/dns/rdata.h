// What RDATA looks like inside, for the types that a forwarder has to look into: those that may
// hold compressed names (RFC 1035, 3.3; RFC 3597, 4; RFC 1183; RFC 2782; RFC 3403) and the most
// common fixed ones. All others are opaque.

#pragma once

#include "engine/dns/record.h"

namespace dotring::dns {

/// Whether the record's RDATA is filled exactly by what its type asks for, with names that end and
/// have no octet in a TTL (check_name()).
bool rdata_is_sound(Bytes message, const Record& record, std::span<const uint16_t> ttl_offsets);

/// The MINIMUM field of an SOA whose RDATA is sound.
uint32_t soa_minimum(Bytes message, const Record& record);

}  // namespace dotring::dns
