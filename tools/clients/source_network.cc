#include "tools/clients/source_network.h"

#include <charconv>

namespace dotring::clients {
namespace {

constexpr int kBitsMax = 63;

std::optional<int> parse_bits(std::string_view text) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(bits) : std::nullopt;
}

void add(IpAddress& address, uint64_t count) {
  for (size_t i = address.octets.size(); i > 0 && count > 0; --i) {
    count += address.octets[i - 1];
    address.octets[i - 1] = static_cast<uint8_t>(count);
    count >>= 8;
  }
}

void clear_last_bits(IpAddress& address, int bits) {
  for (size_t i = address.octets.size(); bits > 0; --i, bits -= 8) {
    const unsigned mask = bits >= 8 ? 0 : 0xffu << bits;
    address.octets[i - 1] &= static_cast<uint8_t>(mask);
  }
}

}  // namespace

std::optional<SourceNetwork> SourceNetwork::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const int width = address->is_ipv4() ? 32 : 128;
  const auto prefix =
      slash == text.npos ? std::optional(width) : parse_bits(text.substr(slash + 1));
  if (!prefix || *prefix < 0 || *prefix > width) return std::nullopt;
  SourceNetwork network;
  network.first_ = *address;
  const int host_bits = width - *prefix;
  clear_last_bits(network.first_, host_bits);
  network.size_ = uint64_t{1} << std::min(host_bits, kBitsMax);
  if (host_bits > 1) {
    add(network.first_, 1);
    network.size_ -= 2;
  }
  return network;
}

IpAddress SourceNetwork::address(uint64_t index) const {
  IpAddress address = first_;
  add(address, index % size_);
  return address;
}

}  // namespace dotring::clients
