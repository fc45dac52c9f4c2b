#include "tools/flood/load/times.h"

#include <algorithm>
#include <cmath>

namespace dotring::flood {

// The count is that of the buckets read, so that percentiles fit while a writer goes on.
void Times::add(const Histogram& histogram) {
  sum_ += histogram.sum();
  for (size_t i = 0; i < buckets_.size(); ++i) {
    const uint64_t count = histogram.bucket_count(i);
    buckets_[i] += count;
    count_ += count;
  }
}

void Times::add(const Times& other) {
  count_ += other.count_;
  sum_ += other.sum_;
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
}

void Times::subtract(const Times& earlier) {
  count_ -= earlier.count_;
  sum_ -= earlier.sum_;
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] -= earlier.buckets_[i];
}

double Times::mean() const {
  return count_ ? static_cast<double>(sum_) / static_cast<double>(count_) : 0;
}

double Times::deviation() const {
  const double middle = mean();
  double squares = 0;
  for_each_bucket([&](uint64_t low, uint64_t high, uint64_t count) {
    const double distance = (static_cast<double>(low) + static_cast<double>(high)) / 2 - middle;
    squares += distance * distance * static_cast<double>(count);
  });
  return count_ ? std::sqrt(squares / static_cast<double>(count_)) : 0;
}

uint64_t Times::min() const {
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] > 0) return lowest_of(i);
  }
  return 0;
}

uint64_t Times::percentile(double share) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= wanted) return Histogram::upper_bound_of(i);
  }
  return 0;
}

}  // namespace dotring::flood
