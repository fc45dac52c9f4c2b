// How much of a client's address is written down.
//
// Hashed addresses are of the address's own size, so that readers take them for addresses: the same
// client has the same hash as long as the key is the same, and nobody without the key finds it.

#pragma once

#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"
#include "tools/dotring/config/configuration.h"

namespace dotring::appliance {

class ClientMask {
 public:
  /// `key`: for hashes.
  ClientMask(AuditClients clients, const HashKey& key) : clients_(clients), key_(key) {}

  /// Ports tell apart who shares an address: only with whole addresses.
  bool shows_port() const { return clients_ == AuditClients::Whole; }
  bool shows_address() const { return clients_ != AuditClients::None; }
  /// Cut to /24 or /56, hashed, or as it is. Only where addresses are shown.
  IpAddress masked(const IpAddress& address) const;
  /// As text; hashes as hexadecimal digits, so that nobody takes them for addresses.
  std::string text(const IpAddress& address) const;

 private:
  IpAddress prefix_of(const IpAddress& address) const;
  IpAddress hash_of(const IpAddress& address) const;

  const AuditClients clients_;
  const HashKey key_;
};

}  // namespace dotring::appliance
