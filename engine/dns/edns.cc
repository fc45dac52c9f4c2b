#include "engine/dns/edns.h"

#include <algorithm>

namespace dotring::dns {
namespace {

constexpr uint16_t kDnssecOkBit = 0x8000;
constexpr size_t kOptFixedSize = 11;     // owner, type, class, ttl, rdlength
constexpr size_t kOptionHeaderSize = 4;  // code, length

// ---------------------------------------------------------------------------------------------------------
// Reading

// RFC 7873, 4: a client cookie of 8 octets, with a server cookie 8 to 32 more.
bool cookie_size_possible(size_t size) {
  return size == 8 || (size >= 16 && size <= 40);
}

// RFC 7871, 6: as many address octets as the source prefix needs, and zeros behind the prefix.
bool client_subnet_possible(Bytes option) {
  if (option.size() < 4) return false;
  const uint16_t family = load_be16(option.data());
  const size_t prefix_bits = option[2];
  if (family == 1 && prefix_bits > 32) return false;
  if (family == 2 && prefix_bits > 128) return false;
  if (option.size() - 4 != (prefix_bits + 7) / 8) return false;
  const size_t bits_in_last = prefix_bits % 8;
  return bits_in_last == 0 || (option.back() & (0xff >> bits_in_last)) == 0;
}

// RFC 7828, 3.1: empty from a client, two octets from a server.
bool read_keepalive(Bytes option, Edns& edns) {
  if (option.size() != 0 && option.size() != 2) return false;
  if (edns.keepalive_100ms) return true;
  edns.keepalive_empty = option.empty();
  edns.keepalive_100ms = option.empty() ? uint16_t{0} : load_be16(option.data());
  return true;
}

// RFC 8914, 2.
bool read_extended_error(Bytes option, Edns& edns) {
  if (option.size() < 2) return false;
  if (!edns.extended_error) edns.extended_error = load_be16(option.data());
  return true;
}

// False when the option's length is impossible. Of an option that comes twice the first counts.
bool read_option(uint16_t code, Bytes option, Edns& edns) {
  switch (code) {
    case option::kPadding:
      edns.padding = true;
      return true;
    case option::kCookie:
      if (edns.cookie.empty()) edns.cookie = option;
      return cookie_size_possible(option.size());
    case option::kClientSubnet:
      if (edns.client_subnet.empty()) edns.client_subnet = option;
      return client_subnet_possible(option);
    case option::kTcpKeepalive:
      return read_keepalive(option, edns);
    case option::kExtendedError:
      return read_extended_error(option, edns);
    default:
      return true;
  }
}

bool read_options(Bytes rdata, Edns& edns) {
  Reader reader(rdata);
  while (reader.ok() && reader.remaining() > 0) {
    const uint16_t code = reader.u16();
    const Bytes option = reader.bytes(reader.u16());
    if (!reader.ok() || !read_option(code, option, edns)) return false;
  }
  return reader.ok();
}

// ---------------------------------------------------------------------------------------------------------
// Writing

void write_option_header(Writer& writer, uint16_t code, size_t size) {
  writer.u16(code);
  writer.u16(static_cast<uint16_t>(size));
}

void write_extended_error(Writer& writer, uint16_t info_code, Bytes text) {
  write_option_header(writer, option::kExtendedError, 2 + text.size());
  writer.u16(info_code);
  writer.bytes(text);
}

// The padding may neither pass the room nor the size of a message.
void write_padding(Writer& writer, size_t multiple) {
  const size_t before = writer.offset() + kOptionHeaderSize;
  const size_t end_max = std::min(writer.offset() + writer.remaining(), kMessageSizeMax);
  if (!writer.ok() || before > end_max) return;
  const size_t wanted = (multiple - before % multiple) % multiple;
  const size_t size = std::min(wanted, end_max - before);
  write_option_header(writer, option::kPadding, size);
  writer.zeros(size);
}

void write_options(Writer& writer, const OptFields& fields) {
  if (fields.extended_error) {
    write_extended_error(writer, *fields.extended_error, fields.extended_error_text);
  }
  if (!fields.cookie.empty()) {
    write_option_header(writer, option::kCookie, fields.cookie.size());
    writer.bytes(fields.cookie);
  }
  if (fields.keepalive_100ms) {
    write_option_header(writer, option::kTcpKeepalive, 2);
    writer.u16(*fields.keepalive_100ms);
  } else if (fields.keepalive_empty) {
    write_option_header(writer, option::kTcpKeepalive, 0);
  }
  if (fields.pad_to_multiple != 0) write_padding(writer, fields.pad_to_multiple);
}

}  // namespace

Edns read_opt(Reader& reader) {
  Edns edns;
  edns.udp_size = std::max(reader.u16(), uint16_t{kUdpSizeWithoutEdns});
  edns.extended_rcode = reader.u8();
  edns.version = reader.u8();
  edns.dnssec_ok = (reader.u16() & kDnssecOkBit) != 0;
  const Bytes rdata = reader.bytes(reader.u16());
  // What the options of another version look like is unknown: the version alone is answered
  // (BADVERS).
  if (edns.version == 0 && !rdata.empty() && !read_options(rdata, edns)) reader.fail();
  return edns;
}

void write_opt(Writer& writer, const OptFields& fields) {
  writer.u8(0);
  writer.u16(type::kOpt);
  writer.u16(fields.udp_size);
  writer.u8(static_cast<uint8_t>(fields.rcode >> 4));
  writer.u8(0);
  writer.u16(fields.dnssec_ok ? kDnssecOkBit : 0);
  writer.u16(0);
  const size_t rdata_offset = writer.offset();
  write_options(writer, fields);
  writer.patch_u16(rdata_offset - 2, static_cast<uint16_t>(writer.offset() - rdata_offset));
}

size_t opt_size(const OptFields& fields) {
  size_t size = kOptFixedSize;
  if (fields.extended_error) size += kOptionHeaderSize + 2 + fields.extended_error_text.size();
  if (!fields.cookie.empty()) size += kOptionHeaderSize + fields.cookie.size();
  if (fields.keepalive_100ms) {
    size += kOptionHeaderSize + 2;
  } else if (fields.keepalive_empty) {
    size += kOptionHeaderSize;
  }
  return size;
}

}  // namespace dotring::dns
