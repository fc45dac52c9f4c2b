// An IP address and port, and a network prefix: plain values, no sockets.
//
// IPv4 is kept as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2), so that comparing and hashing need no
// branch.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace dotring {

struct IpAddress {
  std::array<uint8_t, 16> octets{};

  bool is_ipv4() const;
  /// 4 or 16 octets in network order.
  Bytes wire() const;
  std::string to_text() const;
  /// "192.0.2.1" or "2001:db8::1"; nothing for anything else.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress from_ipv4(const uint8_t* octets);
  static IpAddress from_ipv6(const uint8_t* octets);

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;

  /// "192.0.2.1:53" or "[2001:db8::1]:53".
  std::string to_text() const;
  /// `default_port` stands in when the text has none; without a default the port is required.
  static std::optional<Endpoint> parse(std::string_view text,
                                       std::optional<uint16_t> default_port = std::nullopt);

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace dotring
