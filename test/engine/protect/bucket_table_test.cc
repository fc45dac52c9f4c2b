#include "engine/protect/bucket_table.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/engine/protect/clients.h"

namespace dotring::protect {
namespace {

TEST(BucketTable, LimitsOfDifferentSizeShareIt) {
  const BucketTable::Limit few = BucketTable::Limit::of(2, 1000);
  const BucketTable::Limit many = BucketTable::Limit::of(100, 1000);
  BucketTable table(1 << 12, many.ahead_max);
  const auto passed = [&](uint64_t hashed, const BucketTable::Limit& limit) {
    int count = 0;
    for (int i = 0; i < 200; ++i) count += table.take(hashed, limit, kStart) ? 1 : 0;
    return count;
  };
  EXPECT_EQ(passed(uint64_t{1} << 44, few), 2);
  EXPECT_EQ(passed(uint64_t{2} << 44, many), 100);
  EXPECT_EQ(passed(uint64_t{1} << 44, few), 0);
}

TEST(BucketTable, OneAlwaysPassesHoweverShortTheBurst) {
  const BucketTable::Limit limit = BucketTable::Limit::of(1, 1);
  BucketTable table(1 << 12, limit.ahead_max);
  EXPECT_TRUE(table.take(7, limit, kStart));
  EXPECT_FALSE(table.take(7, limit, kStart + kSecond / 2));
  EXPECT_TRUE(table.take(7, limit, kStart + kSecond));
}

TEST(BucketTable, AFullBucketIsNotEmptyForAWorkerWhoseTurnBeganEarlier) {
  const BucketTable::Limit limit = BucketTable::Limit::of(1, 10'000);
  BucketTable table(1 << 12, limit.ahead_max);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(table.take(7, limit, kStart));
  EXPECT_FALSE(table.take(7, limit, kStart));
  EXPECT_FALSE(table.take(7, limit, kStart - 1));
  EXPECT_FALSE(table.take(7, limit, kStart - kSecond));
  EXPECT_FALSE(table.take(7, limit, kStart));
}

TEST(BucketTable, InAFullTableANewcomerOwesNothingOfWhomItReplaces) {
  const BucketTable::Limit limit = BucketTable::Limit::of(1, 10'000);
  BucketTable table(1, limit.ahead_max);
  for (uint64_t client = 1; client <= 100; ++client) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(table.take(client << 44, limit, kStart)) << client;
    EXPECT_FALSE(table.take(client << 44, limit, kStart)) << client;
  }
}

TEST(BucketTable, ItsMemoryIsFixedAndAtLeastOneLine) {
  EXPECT_EQ(BucketTable(1, 1).memory_bytes(), 64u);
  EXPECT_EQ(BucketTable(5000, 1).memory_bytes(), 8192u);
  EXPECT_TRUE(BucketTable::Limit::of(0, 1000).none());
}

}  // namespace
}  // namespace dotring::protect
