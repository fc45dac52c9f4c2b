// How many sessions each client has, so that one cannot take every place. Pure.
//
// A client is an IPv4 address or an IPv6 /64, because whoever has one IPv6 address has the 2^64
// around it. Memory: one entry per client that has a session.

#pragma once

#include <unordered_map>

#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"

namespace dotring::listen {

class ClientCounts {
 public:
  /// The key keeps clients from choosing addresses that collide.
  ClientCounts(uint32_t per_client_max, const HashKey& key)
      : per_client_max_(per_client_max), counts_(0, Hash{key}) {}

  /// False when this client has all that it may have.
  bool enter(const IpAddress& address);
  /// Follows each enter() that was true.
  void leave(const IpAddress& address);
  size_t clients() const { return counts_.size(); }

 private:
  struct Hash {
    HashKey key;
    size_t operator()(const IpAddress& address) const { return siphash13(key, address.octets); }
  };

  const uint32_t per_client_max_;
  std::unordered_map<IpAddress, uint32_t, Hash> counts_;
};

}  // namespace dotring::listen
