#include "engine/protect/network.h"

#include <algorithm>
#include <charconv>

namespace dotring::protect {
namespace {

constexpr size_t kAddressBits = 128;

std::optional<uint8_t> parse_bits(std::string_view text, uint8_t max) {
  uint8_t bits = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, bits);
  if (result.ec != std::errc() || result.ptr != end || bits > max) return std::nullopt;
  return bits;
}

}  // namespace

IpAddress first_bits(const IpAddress& address, size_t bits) {
  IpAddress kept = address;
  for (size_t octet = bits / 8; octet < kept.octets.size(); ++octet) {
    const size_t left = octet == bits / 8 ? bits % 8 : 0;
    kept.octets[octet] &= static_cast<uint8_t>(0xff00 >> left);
  }
  return kept;
}

std::string Network::to_text() const {
  const size_t shown = is_ipv4() ? size_t{bits} - kMappedBits : bits;
  return address.to_text() + "/" + std::to_string(shown);
}

std::optional<Network> Network::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network{*address, kAddressBits};
  if (slash != std::string_view::npos) {
    const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
    const uint8_t offset = dotted ? kMappedBits : 0;
    const auto max = static_cast<uint8_t>(kAddressBits - offset);
    const std::optional<uint8_t> bits = parse_bits(text.substr(slash + 1), max);
    if (!bits) return std::nullopt;
    network.bits = static_cast<uint8_t>(*bits + offset);
  }
  if (first_bits(*address, network.bits) != *address) return std::nullopt;
  return network;
}

}  // namespace dotring::protect
