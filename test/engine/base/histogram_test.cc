#include "engine/base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/base/random.h"

namespace dotring {
namespace {

TEST(Histogram, BucketsFollowEachOtherWithoutGaps) {
  for (size_t bucket = 0; bucket + 1 < Histogram::kBuckets; ++bucket) {
    const uint64_t upper = Histogram::upper_bound_of(bucket);
    ASSERT_EQ(Histogram::bucket_of(upper), bucket);
    ASSERT_EQ(Histogram::bucket_of(upper + 1), bucket + 1);
  }
  EXPECT_EQ(Histogram::upper_bound_of(Histogram::kBuckets - 1), Histogram::kValueMax);
}

TEST(Histogram, SmallValuesAreExact) {
  for (uint64_t value = 0; value < Histogram::kParts; ++value) {
    EXPECT_EQ(Histogram::upper_bound_of(Histogram::bucket_of(value)), value);
  }
}

TEST(Histogram, TheRelativeErrorIsBounded) {
  Random random({1, 1});
  for (int i = 0; i < 20000; ++i) {
    const uint64_t value = random.next() >> (24 + random.below(40));
    const uint64_t upper = Histogram::upper_bound_of(Histogram::bucket_of(value));
    ASSERT_GE(upper, value);
    ASSERT_LE(static_cast<double>(upper - value), 0.032 * static_cast<double>(value));
  }
}

TEST(Histogram, OneValueCanBeAddedManyTimes) {
  Histogram once, one_by_one;
  once.add(1234, 100);
  for (int i = 0; i < 100; ++i) one_by_one.add(1234);
  EXPECT_EQ(once.count(), one_by_one.count());
  EXPECT_EQ(once.sum(), one_by_one.sum());
  EXPECT_EQ(once.bucket_count(Histogram::bucket_of(1234)), 100u);
}

TEST(Histogram, LargerValuesCountAsTheLargest) {
  EXPECT_EQ(Histogram::bucket_of(UINT64_MAX), Histogram::kBuckets - 1);
  EXPECT_EQ(Histogram::bucket_of(Histogram::kValueMax + 1), Histogram::kBuckets - 1);
}

TEST(Histogram, CountsAndSums) {
  Histogram histogram;
  for (const uint64_t value : {3u, 3u, 1000u}) histogram.add(value);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.sum(), 1006u);
  EXPECT_EQ(histogram.bucket_count(3), 2u);
  histogram.clear();
  EXPECT_EQ(histogram.count() + histogram.sum() + histogram.bucket_count(3), 0u);
}

TEST(Histogram, PercentilesAreThoseOfTheValues) {
  Random random({2, 2});
  Histogram histogram;
  std::vector<uint64_t> values;
  for (int i = 0; i < 5000; ++i) {
    values.push_back(random.next() >> (30 + random.below(30)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(std::max(1.0, std::ceil(share * 5000)));
    const uint64_t exact = values[rank - 1];
    const uint64_t upper = Histogram::upper_bound_of(Histogram::bucket_of(exact));
    EXPECT_EQ(histogram.percentile(share), upper) << share;
  }
}

TEST(Histogram, PercentilesAtTheEdges) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0u) << "nothing counted";
  histogram.add(7);
  EXPECT_EQ(histogram.percentile(0), 7u);
  EXPECT_EQ(histogram.percentile(0.5), 7u);
  EXPECT_EQ(histogram.percentile(1), 7u);
}

TEST(Histogram, MergesWhatOthersCounted) {
  Histogram a, b;
  a.add(1);
  b.add(1);
  b.add(500);
  a.merge(b);
  EXPECT_EQ(a.count(), 3u);
  EXPECT_EQ(a.sum(), 502u);
  EXPECT_EQ(a.bucket_count(1), 2u);
  EXPECT_EQ(b.count(), 2u);
}

TEST(Counter, CountsUpAndDown) {
  Counter counter;
  counter.add();
  counter.add(9);
  counter.subtract(4);
  EXPECT_EQ(counter.value(), 6u);
  counter.set(1);
  counter.subtract();
  EXPECT_EQ(counter.value(), 0u);
}

}  // namespace
}  // namespace dotring
