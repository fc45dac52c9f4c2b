// Random numbers that nobody outside can predict, from a seed that main gives.
//
// SipHash-2-4 of a counter under a secret key: good enough for message ids, jitter and the two
// random choices, cheap enough for every query. Not for keys of ciphers (wolfCrypt's RNG makes
// those). The same seed gives the same numbers, so that a run can be repeated.

#pragma once

#include "engine/base/keyed_hash.h"

namespace dotring {

class Random {
 public:
  explicit Random(const HashKey& seed) : key_(seed) {}

  uint64_t next() {
    ++counter_;
    return siphash24(key_, {reinterpret_cast<const uint8_t*>(&counter_), sizeof counter_});
  }
  /// Uniform in [0, bound); bound > 0. The bias of at most bound / 2^32 is accepted.
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>((next() >> 32) * bound >> 32); }
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// A seed for a part of its own, independent of the numbers that follow here.
  HashKey fork() {
    const uint64_t low = next();
    return {low, next()};
  }

 private:
  HashKey key_;
  uint64_t counter_ = 0;
};

}  // namespace dotring
