// Who may ask, by network: the longest network that holds a client decides.
//
// What it is: immutable once built, shared by all workers without a lock. The default is the
// networks that nobody outside can come from, so that nobody runs an open resolver by accident.

#pragma once

#include "engine/protect/network_table.h"

namespace dotring::protect {

enum class Access : uint8_t {
  Allow,
  Refuse,  ///< REFUSED, with extended error 18 (RFC 8914, 4.19)
  Drop,    ///< no reply, and no TCP connection
};

class AccessList {
 public:
  struct Options {
    /// Loopback (RFC 1122, RFC 4291), private use (RFC 1918, RFC 4193), link-local (RFC 3927, RFC
    /// 4291) and shared address space (RFC 6598).
    std::vector<Network> allow = private_networks();
    std::vector<Network> refuse;
    std::vector<Network> drop;
  };

  /// A network that is in several lists has the strictest of them. Clients in no network at all are
  /// refused. At most NetworkTable::kNetworksMax networks.
  explicit AccessList(const Options& options);

  Access of(const IpAddress& client) const { return static_cast<Access>(table_.find(client)); }
  /// There is nothing to look up.
  bool allows_all() const { return table_.only_value() == static_cast<uint8_t>(Access::Allow); }

  static std::vector<Network> private_networks();

 private:
  NetworkTable table_;
};

}  // namespace dotring::protect
