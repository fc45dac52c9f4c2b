#include "engine/protect/rate_limiter.h"

#include <algorithm>

namespace dotring::protect {

RateLimiter::RateLimiter(const Options& options, const HashKey& key)
    : options_(options),
      limits_{BucketTable::Limit::of(options.per_second[0], options.burst_ms),
              BucketTable::Limit::of(options.per_second[1], options.burst_ms)},
      clients_(options.clients, key),
      buckets_(options.table_bytes, std::max(limits_[0].ahead_max, limits_[1].ahead_max)) {}

bool RateLimiter::take(const IpAddress& client, Proof proof, uint64_t now_us) {
  const BucketTable::Limit& limit = limits_[static_cast<size_t>(proof)];
  if (limit.none() || clients_.exempt(client)) return true;
  return buckets_.take(clients_.hash(client, static_cast<uint8_t>(proof)), limit, now_us);
}

}  // namespace dotring::protect
