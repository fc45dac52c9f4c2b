// How the bound in bytes is divided: the sum of memory of a store.
//
//   bytes_max = shards * (Shard itself + index 1/8 + ghosts 1/32 + rings: all the rest, in whole
//   pages)
//
// An index of 1/8 is enough for entries of 70 octets and more on average; shorter ones run out of
// slots first. One answer of any size can be kept when a shard has 2 MiB; more shards than 1,024 do
// not help.

#pragma once

#include <algorithm>

#include "cache/memory/arena.h"
#include "cache/memory/entry_queues.h"

namespace dotring::cache {

struct ShardPlan {
  static constexpr size_t kShardBytes = size_t{2} << 20;
  static constexpr size_t kShardsMax = 1024;
  static constexpr size_t kShardBytesMin = size_t{64} << 10;  ///< with less, nothing is kept

  size_t arena_bytes = 0;  ///< of one shard
  uint32_t small_units = 0;
  uint32_t main_units = 0;
  uint32_t slots_max = 0;
  uint32_t ghosts_max = 0;

  static size_t shards_for(size_t bytes_max) {
    return std::clamp<size_t>(bytes_max / kShardBytes, 1, kShardsMax);
  }

  /// For a shard that may use `bytes`, of which it takes `bytes_fixed` for itself.
  static ShardPlan of(size_t bytes, size_t bytes_fixed);
};

inline ShardPlan ShardPlan::of(size_t bytes, size_t bytes_fixed) {
  if (bytes < kShardBytesMin) return {};
  ShardPlan plan;
  const size_t index_bytes = bytes / 8;
  const size_t ghost_bytes = bytes / 32;
  plan.arena_bytes = Arena::round_down_to_pages(bytes - index_bytes - ghost_bytes - bytes_fixed);
  const size_t units = std::min<size_t>(plan.arena_bytes / kUnit, UINT32_MAX - 1);
  plan.small_units = static_cast<uint32_t>(units / 8);
  plan.main_units = static_cast<uint32_t>(units - plan.small_units);
  plan.slots_max =
      static_cast<uint32_t>(std::min<size_t>(index_bytes / SlotIndex::kSlotSize, UINT32_MAX));
  plan.ghosts_max = static_cast<uint32_t>(ghost_bytes / sizeof(uint16_t));
  return plan;
}

}  // namespace dotring::cache
