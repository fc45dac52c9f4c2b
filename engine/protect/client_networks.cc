#include "engine/protect/client_networks.h"

#include <array>

namespace dotring::protect {
namespace {

std::vector<NetworkTable::Entry> entries_of(const std::vector<Network>& networks) {
  std::vector<NetworkTable::Entry> entries;
  for (const Network& one : networks) entries.push_back({one, 1});
  return entries;
}

}  // namespace

ClientNetworks::ClientNetworks(const Options& options, const HashKey& key)
    : options_(options),
      key_(key),
      has_exempt_(!options.exempt.empty()),
      exempt_(entries_of(options.exempt), 0) {}

uint64_t ClientNetworks::hash(const IpAddress& client, uint8_t salt) const {
  const bool ipv4 = client.is_ipv4();
  const size_t bits = ipv4 ? size_t{Network::kMappedBits} + options_.ipv4_bits : options_.ipv6_bits;
  std::array<uint8_t, 17> bytes;
  const IpAddress kept = first_bits(client, bits);
  std::memcpy(bytes.data(), kept.octets.data(), kept.octets.size());
  bytes.back() = salt;
  // The first twelve octets of IPv4 are the same for all.
  return siphash13(key_, Bytes(bytes).subspan(ipv4 ? 12 : 0));
}

}  // namespace dotring::protect
