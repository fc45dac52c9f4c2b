// A histogram of durations with a bounded relative error, one writer and any number of readers.
//
// Log-linear buckets: values below 32 are exact, above that each power of two is cut into 32 parts,
// so a value is known within 3.2 %. 64-bit values up to 2^40 fit; larger ones count as the largest.
// Memory: 1,184 counters of 8 bytes. Units are the caller's: name them in the member that holds it.

#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "engine/base/counter.h"

namespace dotring {

class Histogram {
 public:
  static constexpr int kPartBits = 5;
  static constexpr uint64_t kParts = uint64_t{1} << kPartBits;
  static constexpr int kValueBits = 40;
  static constexpr uint64_t kValueMax = (uint64_t{1} << kValueBits) - 1;
  static constexpr size_t kBuckets = (kValueBits - kPartBits + 1) * kParts;

  /// Only from the owning thread.
  void add(uint64_t value, uint64_t times = 1) {
    buckets_[bucket_of(value)].add(times);
    count_.add(times);
    sum_.add(value * times);
  }

  uint64_t count() const { return count_.value(); }
  uint64_t sum() const { return sum_.value(); }
  uint64_t bucket_count(size_t bucket) const { return buckets_[bucket].value(); }

  /// The value below or at which `share` (0 to 1) of all values lie; 0 when there are none.
  uint64_t percentile(double share) const;
  /// Adds what another histogram counted (for gathering several workers).
  void merge(const Histogram& other);
  void clear();

  static constexpr size_t bucket_of(uint64_t value) {
    if (value > kValueMax) value = kValueMax;
    if (value < kParts) return static_cast<size_t>(value);
    const int exponent = static_cast<int>(std::bit_width(value)) - 1 - kPartBits;
    return static_cast<size_t>(static_cast<uint64_t>(exponent + 1) * kParts +
                               ((value >> exponent) - kParts));
  }
  /// The largest value that falls into `bucket`.
  static constexpr uint64_t upper_bound_of(size_t bucket) {
    if (bucket < kParts) return bucket;
    const uint64_t exponent = bucket / kParts - 1;
    return ((bucket % kParts + kParts + 1) << exponent) - 1;
  }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter count_;
  Counter sum_;
};

}  // namespace dotring
