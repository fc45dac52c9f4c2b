// One resource record inside a message (RFC 1035, 4.1.3): where its parts are. No copies.

#pragma once

#include "engine/dns/header.h"
#include "engine/dns/name.h"

namespace dotring::dns {

inline constexpr uint32_t kTtlMax = 0x7fffffff;

/// What a TTL means: the values that look negative count as 0 (RFC 2181, 8).
inline uint32_t ttl_meant(uint32_t ttl) {
  return ttl > kTtlMax ? 0 : ttl;
}

struct Record {
  size_t offset = 0;  ///< of the owner name
  uint16_t type = 0;
  uint16_t klass = 0;
  size_t ttl_offset = 0;
  uint32_t ttl = 0;  ///< as it stands in the message
  size_t rdata_offset = 0;
  size_t rdata_size = 0;

  size_t end() const { return rdata_offset + rdata_size; }
};

/// Reads the record at `reader`, its owner name not followed. Fails the reader where it does not
/// fit.
inline Record read_record(Reader& reader) {
  Record record;
  record.offset = reader.offset();
  skip_name(reader);
  record.type = reader.u16();
  record.klass = reader.u16();
  record.ttl_offset = reader.offset();
  record.ttl = reader.u32();
  record.rdata_size = reader.u16();
  record.rdata_offset = reader.offset();
  reader.skip(record.rdata_size);
  return record;
}

/// Calls `visit(offset_of_ttl, type)` for each record of a message that view_answer() accepted, OPT
/// left out.
template <typename Visit>
void for_each_ttl(Bytes message, Visit&& visit) {
  const Header header = read_header(message);
  Reader reader(message, kHeaderSize);
  for (uint32_t i = 0; i < header.question_count; ++i) {
    skip_name(reader);
    reader.skip(4);
  }
  const uint32_t records =
      uint32_t{header.answer_count} + header.authority_count + header.additional_count;
  for (uint32_t i = 0; i < records && reader.ok(); ++i) {
    const Record record = read_record(reader);
    if (reader.ok() && record.type != type::kOpt) visit(record.ttl_offset, record.type);
  }
}

}  // namespace dotring::dns
