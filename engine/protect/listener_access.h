// Whom single listeners serve, of those whom the access list allows: an address for the inside of a
// network, say, that is asked from outside too.
//
// What it is: immutable once built, shared by all workers without a lock. Listeners without a list
// of their own serve whom the access list allows.

#pragma once

#include <optional>
#include <span>

#include "engine/protect/network_table.h"

namespace dotring::protect {

class ListenerAccess {
 public:
  /// From now on `listener` serves these networks only; at most NetworkTable::kNetworksMax.
  void restrict_to(uint16_t listener, std::span<const Network> networks);

  bool allows(uint16_t listener, const IpAddress& client) const {
    if (listener >= lists_.size() || !lists_[listener]) return true;
    return lists_[listener]->find(client) != 0;
  }
  /// Each of the first `count` listeners has a list.
  bool restricts_all(size_t count) const;

 private:
  std::vector<std::optional<NetworkTable>> lists_;  ///< by listener
};

}  // namespace dotring::protect
