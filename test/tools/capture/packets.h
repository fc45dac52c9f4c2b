// Captures made in code: DNS messages, transport, IP, link layers, and the files around them.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"
#include "engine/dns/constants.h"
#include "engine/dns/name.h"

namespace dotring::capture {

using Octets = std::vector<uint8_t>;

inline Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline Octets be16(size_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

inline Octets be32(size_t value) {
  return be16(value >> 16 & 0xffff) + be16(value & 0xffff);
}

inline Octets cut(const Octets& octets, size_t from, size_t size = SIZE_MAX) {
  const Bytes part = Bytes(octets).subspan(from);
  const Bytes taken = part.first(std::min(size, part.size()));
  return {taken.begin(), taken.end()};
}

// ---------------------------------------------------------------------------------------------------
// DNS

inline Octets question_of(std::string_view name) {
  const auto parsed = dns::name_from_text(name);
  return Octets(parsed->wire().begin(), parsed->wire().end()) + be16(dns::type::kA) +
         be16(dns::kClassIn);
}

inline Octets query(uint16_t id, std::string_view name = "www.example") {
  return be16(id) + be16(dns::kFlagRd) + be16(1) + be16(0) + be16(0) + be16(0) + question_of(name);
}

inline Octets answer(uint16_t id, std::string_view name = "www.example", uint16_t rcode = 0) {
  const Octets record =
      Octets{0xc0, 12} + be16(1) + be16(1) + be32(300) + be16(4) + Octets{192, 0, 2, 1};
  const bool has_record = rcode == 0;
  return be16(id) + be16(dns::kFlagQr | dns::kFlagRd | dns::kFlagRa | rcode) + be16(1) +
         be16(has_record) + be16(0) + be16(0) + question_of(name) +
         (has_record ? record : Octets());
}

inline Octets framed(const Octets& message) {
  return be16(message.size()) + message;
}

// ---------------------------------------------------------------------------------------------------
// Transport and IP

inline Endpoint endpoint(std::string_view text) {
  return *Endpoint::parse(text);
}

inline const Endpoint kClient4 = endpoint("192.0.2.7:40000");
inline const Endpoint kServer4 = endpoint("198.51.100.53:53");
inline const Endpoint kClient6 = endpoint("[2001:db8::7]:40000");
inline const Endpoint kServer6 = endpoint("[2001:db8::53]:53");

inline Octets udp(const Endpoint& from, const Endpoint& to, const Octets& payload) {
  return be16(from.port) + be16(to.port) + be16(8 + payload.size()) + be16(0) + payload;
}

enum TcpFlags : uint8_t { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };

inline Octets tcp(const Endpoint& from, const Endpoint& to, uint32_t sequence, uint8_t flags,
                  const Octets& payload) {
  const Octets options = {1, 1, 1, 1};
  return be16(from.port) + be16(to.port) + be32(sequence) + be32(0) + Octets{6 << 4, flags} +
         be16(1024) + be16(0) + be16(0) + options + payload;
}

struct Ipv4Fields {
  uint16_t id = 1;
  bool more = false;
  size_t offset = 0;
  Octets options;  ///< a multiple of four
};

inline Octets ipv4(const Endpoint& from, const Endpoint& to, uint8_t protocol,
                   const Octets& payload, const Ipv4Fields& fields = {}) {
  const Bytes source = from.address.wire(), destination = to.address.wire();
  const size_t header = 20 + fields.options.size();
  return Octets{static_cast<uint8_t>(0x40 | header / 4), 0} + be16(header + payload.size()) +
         be16(fields.id) + be16((fields.more ? 0x2000u : 0) | fields.offset / 8) +
         Octets{64, protocol, 0, 0} + Octets(source.begin(), source.end()) +
         Octets(destination.begin(), destination.end()) + fields.options + payload;
}

inline Octets ipv6(const Endpoint& from, const Endpoint& to, uint8_t protocol,
                   const Octets& payload) {
  const Bytes source = from.address.wire(), destination = to.address.wire();
  return Octets{0x60, 0, 0, 0} + be16(payload.size()) + Octets{protocol, 64} +
         Octets(source.begin(), source.end()) + Octets(destination.begin(), destination.end()) +
         payload;
}

inline Octets ipv6_fragment(uint8_t protocol, uint32_t id, size_t offset, bool more,
                            const Octets& payload) {
  return Octets{protocol, 0} + be16(offset | (more ? 1 : 0)) + be32(id) + payload;
}

inline Octets udp4(const Octets& payload, const Endpoint& from = kClient4,
                   const Endpoint& to = kServer4) {
  return ipv4(from, to, 17, udp(from, to, payload));
}

inline Octets udp6(const Octets& payload, const Endpoint& from = kClient6,
                   const Endpoint& to = kServer6) {
  return ipv6(from, to, 17, udp(from, to, payload));
}

inline Octets tcp4(uint32_t sequence, uint8_t flags, const Octets& payload,
                   const Endpoint& from = kClient4, const Endpoint& to = kServer4) {
  return ipv4(from, to, 6, tcp(from, to, sequence, flags, payload));
}

// ---------------------------------------------------------------------------------------------------
// Links

inline Octets ethernet(uint16_t type, const Octets& payload) {
  return Octets(12, 2) + be16(type) + payload;
}

inline Octets ethernet4(const Octets& payload) {
  return ethernet(0x0800, payload);
}

inline Octets tagged(std::initializer_list<uint16_t> tags, uint16_t type, const Octets& payload) {
  Octets frame(12, 2);
  for (const uint16_t tag : tags) frame = frame + be16(tag) + be16(11);
  return frame + be16(type) + payload;
}

// ---------------------------------------------------------------------------------------------------
// Files

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 1'475'000'000 * kSecond;

struct Captured {
  uint64_t time_ns = kStart;
  Octets octets;
  size_t size = 0;  ///< on the wire; 0: as many as there are
  uint32_t interface = 0;
};

struct FileForm {
  bool big_endian = false;
  bool nanoseconds = false;
  uint32_t link = 1;
};

class FileWriter {
 public:
  explicit FileWriter(bool big_endian) : big_endian_(big_endian) {}

  FileWriter& u16(uint64_t value) { return number(value, 2); }
  FileWriter& u32(uint64_t value) { return number(value, 4); }
  FileWriter& bytes(const Octets& value) {
    octets_ = octets_ + value;
    return *this;
  }
  const Octets& octets() const { return octets_; }

 private:
  FileWriter& number(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
      const int shift = 8 * (big_endian_ ? size - 1 - i : i);
      octets_.push_back(static_cast<uint8_t>(value >> shift));
    }
    return *this;
  }

  bool big_endian_;
  Octets octets_;
};

inline Octets pcap_file(const std::vector<Captured>& packets, const FileForm& form = {}) {
  FileWriter file(form.big_endian);
  file.u32(form.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(65535);
  file.u32(form.link);
  for (const Captured& packet : packets) {
    const uint64_t rest_ns = packet.time_ns % kSecond;
    file.u32(packet.time_ns / kSecond).u32(form.nanoseconds ? rest_ns : rest_ns / 1000);
    file.u32(packet.octets.size()).u32(packet.size ? packet.size : packet.octets.size());
    file.bytes(packet.octets);
  }
  return file.octets();
}

inline Octets pcap_of(const Octets& packet, const FileForm& form = {}) {
  return pcap_file({{kStart, packet, 0, 0}}, form);
}

// Blocks of pcapng.

inline Octets block(bool big_endian, uint32_t type, Octets body) {
  body.resize((body.size() + 3) / 4 * 4);
  FileWriter writer(big_endian);
  return writer.u32(type).u32(body.size() + 12).bytes(body).u32(body.size() + 12).octets();
}

inline Octets section(bool big_endian) {
  FileWriter body(big_endian);
  body.u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff);
  return block(big_endian, 0x0a0d0d0a, body.octets());
}

inline Octets interface(bool big_endian, uint16_t link, const Octets& options = {}) {
  FileWriter body(big_endian);
  return block(big_endian, 1, body.u16(link).u16(0).u32(0).bytes(options).octets());
}

/// The option if_tsresol.
inline Octets resolution(bool big_endian, uint8_t value) {
  FileWriter option(big_endian);
  return option.u16(9).u16(1).bytes({value, 0, 0, 0}).octets();
}

/// `time` in units of the interface's clock.
inline Octets enhanced(bool big_endian, uint32_t interface_index, uint64_t time,
                       const Octets& packet) {
  FileWriter body(big_endian);
  body.u32(interface_index).u32(time >> 32).u32(time & 0xffffffff);
  return block(big_endian, 6, body.u32(packet.size()).u32(packet.size()).bytes(packet).octets());
}

}  // namespace dotring::capture
