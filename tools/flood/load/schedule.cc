#include "tools/flood/load/schedule.h"

#include <algorithm>
#include <cmath>

namespace dotring::flood {
namespace {

constexpr long double kNsPerS = 1e9L;

long double seconds_of(const Stage& stage) {
  return static_cast<long double>(stage.duration_ns) / kNsPerS;
}

long double queries_of(const Stage& stage) {
  return (static_cast<long double>(stage.from_per_s) + stage.to_per_s) / 2 * seconds_of(stage);
}

// Seconds from the stage's start until `count` queries are due: the inverse of
// from * t + (to - from) / (2 * duration) * t^2.
long double seconds_until(const Stage& stage, long double count) {
  const long double from = stage.from_per_s;
  const long double growth = (stage.to_per_s - from) / seconds_of(stage);
  if (count <= 0) return 0;  // also where nothing is due per second yet
  if (growth == 0) return count / from;
  return 2 * count / (from + std::sqrt(std::max(0.0L, from * from + 2 * growth * count)));
}

}  // namespace

Schedule::Schedule(uint64_t start_ns, const std::vector<Stage>& stages, uint64_t first,
                   uint64_t stride)
    : stride_(stride), index_(first) {
  long double queries = 0;
  for (const Stage& stage : stages) {
    const long double end = queries + queries_of(stage);
    parts_.push_back({stage, start_ns, queries, end});
    queries = end;
    start_ns += stage.duration_ns;
  }
  next_due_ns_ = due_ns(index_);
}

void Schedule::take() {
  index_ += stride_;
  next_due_ns_ = due_ns(index_);
}

uint64_t Schedule::due_ns(uint64_t index) {
  const auto count = static_cast<long double>(index);
  while (part_ < parts_.size() && count >= parts_[part_].end) ++part_;
  if (part_ == parts_.size()) return kOver;
  const Part& part = parts_[part_];
  const long double seconds = seconds_until(part.stage, count - part.first);
  return part.start_ns + static_cast<uint64_t>(seconds * kNsPerS + 0.5L);
}

double highest_rate(const std::vector<Stage>& stages) {
  double rate = 0;
  for (const Stage& stage : stages) rate = std::max({rate, stage.from_per_s, stage.to_per_s});
  return rate;
}

uint64_t total_ns(const std::vector<Stage>& stages) {
  uint64_t total = 0;
  for (const Stage& stage : stages) total += stage.duration_ns;
  return total;
}

}  // namespace dotring::flood
