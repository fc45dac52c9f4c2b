// Token buckets by hash, shared by all workers, in bounded memory.
//
// A bucket is one number, the time at which it is full again (the generic cell rate algorithm):
// each taking that passes moves it by 1/rate, and none passes that would move it further than
// the burst ahead of now. A bucket that is full says nothing, so its place is free. That is what
// bounds the table: who takes once occupies a place for 1/rate, and a place is taken from whoever
// has the least to lose. A flood of forged addresses pushes out other forged addresses, never a
// client that is near its limit.
//
// A place is 64 bits: 20 of the hash, 44 of the time in 1/16 us. Eight places, one cache line, are
// where a bucket can be. Workers change them by compare-and-exchange: what one of them lets pass,
// all others see. What is not exact: two may share a bucket with a probability of 8 / 2^20 at the
// most (nobody can cause it without the hash's key), one that comes back after a multiple of 12.7
// days may find its bucket empty, and an entry lost to a full line starts anew.
//
// Invariant: memory is memory_bytes(), whatever comes.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace dotring::protect {

class BucketTable {
 public:
  /// In units of time; a default one is no limit.
  struct Limit {
    uint64_t step = 0;
    uint64_t ahead_max = 0;

    bool none() const { return step == 0; }
    /// `per_second` at most 1,000,000; 0: no limit. At least one passes, however short the burst.
    static Limit of(uint32_t per_second, uint64_t burst_ms);
  };

  /// `bytes` is rounded up to a power of two. `ahead_max`: the largest of the limits to come.
  BucketTable(uint64_t bytes, uint64_t ahead_max);

  /// False: over the limit. From any thread; `now_us` is the clock that all of them share.
  /// `hashed`: by a secret key.
  bool take(uint64_t hashed, const Limit& limit, uint64_t now_us);

  uint64_t memory_bytes() const { return (mask_ + 1) * sizeof(Line); }

 private:
  static constexpr size_t kPlaces = 8;
  struct alignas(64) Line {
    std::array<std::atomic<uint64_t>, kPlaces> places{};
  };
  struct Place {
    size_t index;
    uint64_t value;
    uint64_t ahead;  ///< how far from full, as time
    bool own;
  };

  Place choose(const Line& line, uint64_t tag, uint64_t now) const;

  const uint64_t ahead_max_;  ///< whatever claims more is long past
  uint64_t mask_;
  std::unique_ptr<Line[]> lines_;
};

}  // namespace dotring::protect
