#include "engine/base/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace dotring {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, port);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return port;
}

}  // namespace

bool IpAddress::is_ipv4() const {
  return std::memcmp(octets.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0;
}

Bytes IpAddress::wire() const {
  return is_ipv4() ? Bytes(octets).subspan(kMappedPrefix.size()) : Bytes(octets);
}

std::string IpAddress::to_text() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(is_ipv4() ? AF_INET : AF_INET6, wire().data(), text, sizeof text);
  return text;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  uint8_t octets[16];
  if (inet_pton(AF_INET, terminated.c_str(), octets) == 1) return from_ipv4(octets);
  if (inet_pton(AF_INET6, terminated.c_str(), octets) == 1) return from_ipv6(octets);
  return std::nullopt;
}

IpAddress IpAddress::from_ipv4(const uint8_t* octets) {
  IpAddress address;
  std::memcpy(address.octets.data(), kMappedPrefix.data(), kMappedPrefix.size());
  std::memcpy(address.octets.data() + kMappedPrefix.size(), octets, 4);
  return address;
}

IpAddress IpAddress::from_ipv6(const uint8_t* octets) {
  IpAddress address;
  std::memcpy(address.octets.data(), octets, address.octets.size());
  return address;
}

std::string Endpoint::to_text() const {
  const std::string host = address.to_text();
  return (address.is_ipv4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text,
                                        std::optional<uint16_t> default_port) {
  std::string_view host = text;
  std::optional<uint16_t> port = default_port;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty()) port = rest[0] == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  } else if (const size_t colon = text.find(':');
             colon != std::string_view::npos &&
             text.find(':', colon + 1) == std::string_view::npos) {
    host = text.substr(0, colon);
    port = parse_port(text.substr(colon + 1));
  }
  const std::optional<IpAddress> address = IpAddress::parse(host);
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, *port};
}

}  // namespace dotring
