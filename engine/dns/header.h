// The twelve octets at the start of each message (RFC 1035, 4.1.1).

#pragma once

#include "engine/base/bytes.h"
#include "engine/dns/constants.h"

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
inline Header read_header(Bytes message) {
  const uint8_t* at = message.data();
  return {load_be16(at),     load_be16(at + 2), load_be16(at + 4),
          load_be16(at + 6), load_be16(at + 8), load_be16(at + 10)};
}

/// `to` has room for kHeaderSize octets.
inline void write_header(const Header& header, uint8_t* to) {
  store_be16(to, header.id);
  store_be16(to + 2, header.flags);
  store_be16(to + 4, header.question_count);
  store_be16(to + 6, header.answer_count);
  store_be16(to + 8, header.authority_count);
  store_be16(to + 10, header.additional_count);
}

}  // namespace dotring::dns
