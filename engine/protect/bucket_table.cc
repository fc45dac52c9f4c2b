#include "engine/protect/bucket_table.h"

#include <algorithm>
#include <bit>

namespace dotring::protect {
namespace {

constexpr int kTimeBits = 44;
constexpr uint64_t kTimeMask = (uint64_t{1} << kTimeBits) - 1;
constexpr uint64_t kUnitsPerUs = 16;
constexpr uint64_t kUnitsPerSecond = kUnitsPerUs * 1'000'000;
// Workers look at the clock once a turn: to one whose turn began earlier, a bucket that another has
// filled is fuller than full, and not one from long ago.
constexpr uint64_t kClocksApart = 60 * kUnitsPerSecond;

}  // namespace

BucketTable::Limit BucketTable::Limit::of(uint32_t per_second, uint64_t burst_ms) {
  if (per_second == 0) return {};
  const uint64_t step = std::max<uint64_t>(kUnitsPerSecond / per_second, 1);
  return {step, std::max(burst_ms * kUnitsPerUs * 1000, step)};
}

BucketTable::BucketTable(uint64_t bytes, uint64_t ahead_max) : ahead_max_(ahead_max) {
  const uint64_t lines = std::max<uint64_t>(bytes / sizeof(Line), 1);
  mask_ = std::bit_ceil(lines) - 1;
  lines_ = std::make_unique<Line[]>(mask_ + 1);
}

// The bucket's own place, else the one that is nearest to full.
BucketTable::Place BucketTable::choose(const Line& line, uint64_t tag, uint64_t now) const {
  Place best{0, 0, UINT64_MAX, false};
  for (size_t i = 0; i < kPlaces; ++i) {
    const uint64_t value = line.places[i].load(std::memory_order_relaxed);
    uint64_t ahead = (value - now) & kTimeMask;
    if (ahead > ahead_max_ + kClocksApart) ahead = 0;
    if (value >> kTimeBits == tag) return {i, value, ahead, true};
    if (ahead < best.ahead) best = {i, value, ahead, false};
  }
  return best;
}

bool BucketTable::take(uint64_t hashed, const Limit& limit, uint64_t now_us) {
  const uint64_t tag = hashed >> kTimeBits;
  const uint64_t now = now_us * kUnitsPerUs & kTimeMask;
  Line& line = lines_[hashed & mask_];
  // Somebody goes forward in each round: workers that share a line wait for each other's words
  // only.
  while (true) {
    Place place = choose(line, tag, now);
    const uint64_t ahead = (place.own ? place.ahead : 0) + limit.step;
    if (ahead > limit.ahead_max) return false;
    const uint64_t next = tag << kTimeBits | ((now + ahead) & kTimeMask);
    if (line.places[place.index].compare_exchange_weak(place.value, next,
                                                       std::memory_order_relaxed)) {
      return true;
    }
  }
}

}  // namespace dotring::protect
