// What can be chosen about the store in memory, and its limits.

#pragma once

#include <cstddef>
#include <cstdint>

#include "cache/ttl_policy.h"

namespace dotring::cache {

struct MemoryOptions {
  size_t bytes_max = size_t{64} << 20;  ///< all included; with less than 64 KiB nothing is kept
  size_t shards = 0;                    ///< 0: one for each 2 MiB, at most 1,024
  TtlPolicy::Options ttl;
  /// An answer that was found since it was stored is refreshed in this last part of its TTL; 0:
  /// never.
  uint32_t prefetch_percent = 10;
  uint32_t refresh_interval_s = 30;  ///< between refreshes that did not end (RFC 8767, 5)
  uint32_t stale_answer_ttl_s = 30;  ///< RFC 8767, 4
  uint8_t promotion_hits_min = 1;    ///< hits that make an answer outlast a scan of random names
};

}  // namespace dotring::cache
