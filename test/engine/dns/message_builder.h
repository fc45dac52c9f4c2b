// Writes messages for tests, octet by octet, without any of the code under test but
// name_from_text(): well-formed ones by default, malformed ones where the test says so.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dns/header.h"
#include "engine/dns/name.h"

namespace dotring::dns {

using Octets = std::vector<uint8_t>;

/// The flags of an ordinary reply, and the RDATA of an A record.
inline constexpr uint16_t kReply = kFlagQr | kFlagRd | kFlagRa;
inline const Octets kAddress = {192, 0, 2, 1};

/// The uncompressed wire form of a name that is known to be right.
inline Octets wire(std::string_view text) {
  const std::optional<Name> name = name_from_text(text);
  if (!name) return {};
  return {name->octets.begin(), name->octets.begin() + name->size};
}

inline Octets octets_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

inline Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline Octets be16(unsigned value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

inline Octets be32(uint32_t value) {
  return be16(value >> 16) + be16(value & 0xffff);
}

/// An EDNS option.
inline Octets option_octets(unsigned code, const Octets& data) {
  return be16(code) + be16(static_cast<unsigned>(data.size())) + data;
}

inline Octets soa_rdata(uint32_t minimum) {
  return wire("ns.example.") + wire("mail.example.") + be32(1) + be32(2) + be32(3) + be32(4) +
         be32(minimum);
}

/// A pointer to the name of the question.
inline const Octets kAtQuestion = {0xc0, 0x0c};

class MessageBuilder {
 public:
  explicit MessageBuilder(uint16_t flags = kFlagRd, uint16_t id = 0x1234) {
    octets_ = be16(id) + be16(flags) + Octets(8, 0);
  }

  MessageBuilder& question(const Octets& name, unsigned type = type::kA, unsigned klass = 1) {
    return append(4, name + be16(type) + be16(klass));
  }
  MessageBuilder& question(std::string_view name, unsigned type = type::kA, unsigned klass = 1) {
    return question(wire(name), type, klass);
  }
  MessageBuilder& answer(const Octets& owner, unsigned type, uint32_t ttl, const Octets& rdata) {
    return append(6, record(owner, type, kClassIn, ttl, rdata));
  }
  MessageBuilder& authority(const Octets& owner, unsigned type, uint32_t ttl, const Octets& rdata) {
    return append(8, record(owner, type, kClassIn, ttl, rdata));
  }
  MessageBuilder& additional(const Octets& owner, unsigned type, uint32_t ttl,
                             const Octets& rdata) {
    return append(10, record(owner, type, kClassIn, ttl, rdata));
  }
  MessageBuilder& opt(const Octets& options = {}, unsigned udp_size = 1232, uint32_t ttl = 0) {
    return append(10, record({0}, type::kOpt, udp_size, ttl, options));
  }
  /// Octets that no count speaks of.
  MessageBuilder& raw(const Octets& octets) {
    octets_ = octets_ + octets;
    return *this;
  }
  /// Adds to one of the counts what is not there.
  MessageBuilder& count(size_t offset, int difference) {
    const int value = load_be16(octets_.data() + offset) + difference;
    store_be16(octets_.data() + offset, static_cast<uint16_t>(value));
    return *this;
  }

  const Octets& octets() const { return octets_; }
  operator Bytes() const { return octets_; }  // NOLINT: a message is bytes

  static Octets record(const Octets& owner, unsigned type, unsigned klass, uint32_t ttl,
                       const Octets& rdata) {
    return owner + be16(type) + be16(klass) + be32(ttl) +
           be16(static_cast<unsigned>(rdata.size())) + rdata;
  }

 private:
  MessageBuilder& append(size_t count_offset, const Octets& octets) {
    return raw(octets).count(count_offset, 1);
  }

  Octets octets_;
};

}  // namespace dotring::dns
