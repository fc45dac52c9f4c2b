// A network of clients: an address and how many of its bits count.
//
// IPv4 is kept as IPv4-mapped IPv6, as in IpAddress, so an IPv4 /24 has 120 bits here.
//
// Invariant: bits <= 128, and the bits behind them are zero.

#pragma once

#include "engine/base/address.h"

namespace dotring::protect {

struct Network {
  IpAddress address;
  uint8_t bits = 128;

  static constexpr uint8_t kMappedBits = 96;

  bool is_ipv4() const { return bits >= kMappedBits && address.is_ipv4(); }
  /// "192.0.2.0/24", "2001:db8::/32".
  std::string to_text() const;
  /// "192.0.2.0/24" or an address alone. Nothing for anything else, also when bits behind the
  /// prefix are set: somebody meant another network.
  static std::optional<Network> parse(std::string_view text);

  friend bool operator==(const Network&, const Network&) = default;
};

/// `address` with all but its first `bits` (of 128) cleared.
IpAddress first_bits(const IpAddress& address, size_t bits);

}  // namespace dotring::protect
