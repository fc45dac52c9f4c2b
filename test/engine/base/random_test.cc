#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace dotring {
namespace {

TEST(Random, TheSameSeedGivesTheSameNumbers) {
  Random a({1, 2}), b({1, 2}), c({1, 3});
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t number = a.next();
    EXPECT_EQ(number, b.next());
    differs |= number != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, NumbersDoNotRepeat) {
  Random random({1, 2});
  std::set<uint64_t> numbers;
  for (int i = 0; i < 10000; ++i) numbers.insert(random.next());
  EXPECT_EQ(numbers.size(), 10000u);
}

TEST(Random, BelowIsUniformInItsRange) {
  Random random({5, 5});
  std::array<int, 10> counts{};
  for (int i = 0; i < 100000; ++i) {
    const uint32_t number = random.below(10);
    ASSERT_LT(number, 10u);
    ++counts[number];
  }
  // Six standard deviations around 10,000; the seed is fixed, so this never changes.
  for (const int count : counts) EXPECT_NEAR(count, 10000, 600);
}

TEST(Random, BelowOneIsZeroAndBelowTheLargestStaysBelow) {
  Random random({6, 6});
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(random.below(1), 0u);
    EXPECT_LT(random.below(UINT32_MAX), UINT32_MAX);
  }
}

TEST(Random, UnitIsUniformInItsRange) {
  Random random({7, 7});
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double number = random.unit();
    ASSERT_GE(number, 0);
    ASSERT_LT(number, 1);
    sum += number;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.01);
}

TEST(Random, AForkIsIndependent) {
  Random random({8, 8}), same({8, 8});
  Random fork(random.fork());
  EXPECT_EQ(Random(same.fork()).next(), fork.next()) << "but repeatable";
  EXPECT_EQ(random.next(), same.next());
  EXPECT_NE(fork.next(), random.next());
}

}  // namespace
}  // namespace dotring
