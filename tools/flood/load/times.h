// The contents of histograms at one moment, to be added up over threads and subtracted over time.

#pragma once

#include <vector>

#include "engine/base/histogram.h"

namespace dotring::flood {

class Times {
 public:
  Times() : buckets_(Histogram::kBuckets) {}

  void add(const Histogram& histogram);
  void add(const Times& other);
  /// `earlier` is what this was before.
  void subtract(const Times& earlier);

  uint64_t count() const { return count_; }
  /// These are 0 when there are no times.
  double mean() const;
  double deviation() const;
  uint64_t min() const;
  uint64_t max() const { return percentile(1); }
  uint64_t percentile(double share) const;

  /// Calls visit(lowest, highest, count) for each bucket that holds something.
  template <typename Visit>
  void for_each_bucket(Visit visit) const {
    for (size_t i = 0; i < buckets_.size(); ++i) {
      if (buckets_[i] > 0) visit(lowest_of(i), Histogram::upper_bound_of(i), buckets_[i]);
    }
  }

 private:
  static uint64_t lowest_of(size_t bucket) {
    return bucket == 0 ? 0 : Histogram::upper_bound_of(bucket - 1) + 1;
  }

  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
};

}  // namespace dotring::flood
