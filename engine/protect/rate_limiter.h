// How often a client may ask: one token bucket per client network, shared by all workers.
//
// A bucket is one number, the time at which it is full again (the generic cell rate algorithm):
// each query that passes moves it by 1/rate, and none passes that would move it further than
// `burst_ms` ahead of now. A bucket that is full says nothing, so its place is free. That is what
// bounds the table: a client that asks once occupies a place for 1/rate, and a place is taken from
// whoever has the least to lose. A flood of forged addresses pushes out other forged addresses,
// never a client that is near its limit.
//
// A place is 64 bits: 20 of the client's keyed hash, 44 of the time in 1/16 us. Eight places, one
// cache line, are where a client can be. Workers change them by compare-and-exchange: what one of
// them lets pass, all others see. What is not exact: two clients may share a bucket with a
// probability of 8 / 2^20 at the most (nobody can cause it without the key), a client that comes
// back after a multiple of 12.7 days may find its bucket empty, and an entry lost to a full line
// starts anew.
//
// Invariant: memory is memory_bytes(), whatever comes.

#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "engine/base/keyed_hash.h"
#include "engine/protect/network_table.h"

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
    /// A client is a network of so many bits.
    uint8_t ipv4_bits = 32;
    uint8_t ipv6_bits = 56;
    /// Rounded up to a power of two.
    uint64_t table_bytes = uint64_t{4} << 20;
    /// Clients without a limit; at most NetworkTable::kNetworksMax.
    std::vector<Network> exempt;

    friend bool operator==(const Options&, const Options&) = default;
  };

  RateLimiter(const Options& options, const HashKey& key);

  /// False: this query is over the limit. From any thread; `now_us` is the clock that all of them
  /// share.
  bool take(const IpAddress& client, Proof proof, uint64_t now_us);

  const Options& options() const { return options_; }
  bool limits(Proof proof) const { return limits_[static_cast<size_t>(proof)].step != 0; }
  uint64_t memory_bytes() const { return (mask_ + 1) * sizeof(Line); }

 private:
  static constexpr size_t kPlaces = 8;
  struct alignas(64) Line {
    std::array<std::atomic<uint64_t>, kPlaces> places{};
  };
  /// In units of time.
  struct Limit {
    uint64_t step = 0;
    uint64_t ahead_max = 0;
  };
  struct Place {
    size_t index;
    uint64_t value;
    uint64_t ahead;  ///< how far from full, as time
    bool own;
  };

  bool exempt(const IpAddress& client) const { return has_exempt_ && exempt_.find(client) != 0; }
  uint64_t hash(const IpAddress& client, Proof proof) const;
  Place choose(const Line& line, uint64_t tag, uint64_t now) const;

  const Options options_;
  const HashKey key_;
  std::array<Limit, kProofs> limits_;
  uint64_t ahead_max_;  ///< of both; whatever claims more is long past
  uint64_t mask_;
  std::unique_ptr<Line[]> lines_;
  const bool has_exempt_;
  const NetworkTable exempt_;
};

}  // namespace dotring::protect
