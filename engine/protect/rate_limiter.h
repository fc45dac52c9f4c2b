// How often a client may ask: one token bucket per client network and kind of proof, shared by all
// workers (bucket_table.h).

#pragma once

#include "engine/protect/bucket_table.h"
#include "engine/protect/client_networks.h"

namespace dotring::protect {

/// Which of a client's two buckets a query is taken from.
enum class Proof : uint8_t {
  None,     ///< by UDP: whoever sent it may have forged the address
  Address,  ///< by TCP, or with a valid cookie
};
inline constexpr size_t kProofs = 2;

class RateLimiter {
 public:
  struct Options {
    /// Queries per second of one client, by Proof; 0: no limit. At most 1,000,000.
    std::array<uint32_t, kProofs> per_second{};
    /// What a client may save up, in ms of its rate.
    uint32_t burst_ms = 1000;
    ClientNetworks::Options clients;
    /// Rounded up to a power of two.
    uint64_t table_bytes = uint64_t{4} << 20;

    friend bool operator==(const Options&, const Options&) = default;
  };

  RateLimiter(const Options& options, const HashKey& key);

  /// False: this query is over the limit. From any thread; `now_us` is the clock that all of them
  /// share.
  bool take(const IpAddress& client, Proof proof, uint64_t now_us);

  const Options& options() const { return options_; }
  bool limits(Proof proof) const { return !limits_[static_cast<size_t>(proof)].none(); }
  uint64_t memory_bytes() const { return buckets_.memory_bytes(); }

 private:
  const Options options_;
  const std::array<BucketTable::Limit, kProofs> limits_;
  const ClientNetworks clients_;
  BucketTable buckets_;
};

}  // namespace dotring::protect
