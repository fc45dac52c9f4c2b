// Which client an address stands for, in the limits that are per client: its network of so many
// bits; and who has no limits at all.
//
// What it is: immutable, shared by all workers without a lock.

#pragma once

#include "engine/base/keyed_hash.h"
#include "engine/protect/network_table.h"

namespace dotring::protect {

class ClientNetworks {
 public:
  struct Options {
    /// A client is a network of so many bits.
    uint8_t ipv4_bits = 32;
    uint8_t ipv6_bits = 56;
    /// Clients without a limit; at most NetworkTable::kNetworksMax.
    std::vector<Network> exempt;

    friend bool operator==(const Options&, const Options&) = default;
  };

  ClientNetworks(const Options& options, const HashKey& key);

  bool exempt(const IpAddress& client) const { return has_exempt_ && exempt_.find(client) != 0; }
  /// The same for all addresses of a client; `salt` tells its several limits apart.
  uint64_t hash(const IpAddress& client, uint8_t salt) const;

 private:
  const Options options_;
  const HashKey key_;
  const bool has_exempt_;
  const NetworkTable exempt_;
};

}  // namespace dotring::protect
