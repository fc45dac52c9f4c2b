// What the store in memory counts: per shard under the shard's lock, summed when asked for.

#pragma once

#include <array>

#include "engine/base/counter.h"

namespace dotring::cache {

template <typename Number>
struct BasicStatistics {
  Number entries{};     ///< now: answers and remembered failures
  Number bytes_used{};  ///< now: held for them, all included; at most Options::bytes_max
  Number hits_fresh{};
  Number hits_stale{};
  Number hits_failing{};
  Number misses{};
  Number hits_too_large{};  ///< of the hits: the room was too small
  Number refreshes_due{};   ///< of the hits: the caller was told to ask the upstream
  Number insertions{};
  Number replacements{};
  Number failures{};       ///< failures and refusals that were remembered
  Number evictions{};      ///< for want of room
  Number expirations{};    ///< taken back after their stale time
  Number removals{};       ///< by name, or because a newer answer may not be kept
  Number refused_large{};  ///< answers too long to be kept, or with too many TTLs

  static constexpr auto members() {
    using S = BasicStatistics;
    return std::to_array<Number S::*>(
        {&S::entries, &S::bytes_used, &S::hits_fresh, &S::hits_stale, &S::hits_failing, &S::misses,
         &S::hits_too_large, &S::refreshes_due, &S::insertions, &S::replacements, &S::failures,
         &S::evictions, &S::expirations, &S::removals, &S::refused_large});
  }
};

using ShardStatistics = BasicStatistics<Counter>;
using Statistics = BasicStatistics<uint64_t>;

inline void add(Statistics& sum, const ShardStatistics& shard) {
  constexpr auto kTo = Statistics::members();
  constexpr auto kFrom = ShardStatistics::members();
  for (size_t i = 0; i < kTo.size(); ++i) sum.*kTo[i] += (shard.*kFrom[i]).value();
}

}  // namespace dotring::cache
