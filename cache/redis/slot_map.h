// Which node has which slots, as a node of the cluster tells it (CLUSTER SLOTS).

#pragma once

#include <optional>
#include <vector>

#include "cache/redis/reply.h"
#include "engine/base/address.h"

namespace dotring::cache::redis {

struct SlotRange {
  uint16_t first = 0;
  uint16_t last = 0;  ///< included
  Endpoint master;

  friend bool operator==(const SlotRange&, const SlotRange&) = default;
};

/// Ranges whose master is told by a name instead of an address are left out, unless the address
/// stands beside it. `asked` stands in for an address that the node does not know of itself.
/// Nothing when the reply is no map.
std::optional<std::vector<SlotRange>> parse_slot_map(const Reply& reply, const Endpoint& asked);

}  // namespace dotring::cache::redis
