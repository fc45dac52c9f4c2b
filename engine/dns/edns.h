// EDNS(0): the OPT record (RFC 6891) and the options dotring understands.
//
// OPT is hop by hop: it is read here, never forwarded as it came and never cached.

#pragma once

#include <optional>

#include "engine/base/cursor.h"
#include "engine/dns/constants.h"

namespace dotring::dns {

/// What the other side's OPT record said. Views are valid as long as the message.
struct Edns {
  uint16_t udp_size = kUdpSizeWithoutEdns;  ///< under 512 counts as 512 (RFC 6891, 6.2.3)
  uint8_t extended_rcode = 0;               ///< upper 8 bits of the 12-bit rcode
  uint8_t version = 0;
  bool dnssec_ok = false;
  bool padding = false;                     ///< a padding option was there (RFC 7830)
  std::optional<uint16_t> keepalive_100ms;  ///< RFC 7828; empty option: present with value 0 and
  bool keepalive_empty = false;             ///<   this set
  Bytes cookie;         ///< client cookie, or client and server cookie; else empty
  Bytes client_subnet;  ///< the option's octets (RFC 7871, 6); else empty
  std::optional<uint16_t> extended_error;  ///< info code (RFC 8914)
};

/// Reads the OPT record's fixed part and options from the class field on: class, ttl, rdlength,
/// rdata. Fails the reader where the options do not fill RDATA exactly or a known option has an
/// impossible length.
Edns read_opt(Reader& reader);

/// What an OPT record that dotring writes is to hold.
struct OptFields {
  uint16_t udp_size = kUdpSizeDefault;
  uint16_t rcode = 0;  ///< whole 12-bit rcode; its upper bits are written here
  bool dnssec_ok = false;
  bool keepalive_empty = false;             ///< ask for the server's idle timeout
  std::optional<uint16_t> keepalive_100ms;  ///< tell the client ours
  std::optional<uint16_t> extended_error;   ///< RFC 8914 info code
  Bytes extended_error_text;                ///< UTF-8, may be empty
  Bytes cookie;                             ///< written when not empty
  uint16_t pad_to_multiple = 0;  ///< 0: no padding; else the whole message becomes a multiple
};

/// Appends an OPT record to a message that starts at offset 0 of `writer`; padding is the last
/// option and is all zeros. Does not touch the header's ARCOUNT. Where the padding does not fit it
/// is made shorter.
void write_opt(Writer& writer, const OptFields& fields);

/// The octets write_opt() would append, without padding.
size_t opt_size(const OptFields& fields);

}  // namespace dotring::dns
