#include "engine/base/histogram.h"

#include <cmath>

namespace dotring {

uint64_t Histogram::percentile(double share) const {
  uint64_t total = 0;
  for (const Counter& bucket : buckets_) total += bucket.value();
  if (total == 0) return 0;
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(total)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].value();
    if (seen >= wanted && seen > 0) return upper_bound_of(i);
  }
  return kValueMax;
}

void Histogram::merge(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i].add(other.buckets_[i].value());
  count_.add(other.count());
  sum_.add(other.sum());
}

void Histogram::clear() {
  for (Counter& bucket : buckets_) bucket.set(0);
  count_.set(0);
  sum_.set(0);
}

}  // namespace dotring
