#include "tools/flood/schedule.h"

#include <gtest/gtest.h>

namespace dotring::flood {
namespace {

TEST(Schedule, QueriesAreDueAtStartPlusIndexOverRate) {
  Schedule schedule(1000, 4e6);
  EXPECT_EQ(schedule.due_ns(0), 1000u);
  EXPECT_EQ(schedule.due_ns(1), 1250u);
  EXPECT_EQ(schedule.due_ns(4), 2000u);
}

TEST(Schedule, DoesNotDriftWhenThePeriodIsNoWholeNumber) {
  const Schedule schedule(0, 3e6);  // every 333.3 ns
  EXPECT_EQ(schedule.due_ns(3'000'000), 1'000'000'000u);
  EXPECT_EQ(schedule.due_ns(3'000'000ull * 3600), 3'600'000'000'000u);
}

TEST(Schedule, WhatIsMissedStaysDue) {
  Schedule schedule(0, 1e9);  // one per nanosecond
  EXPECT_TRUE(schedule.is_due(5));
  for (int i = 0; i < 6; ++i) schedule.take();
  EXPECT_FALSE(schedule.is_due(5));
  EXPECT_EQ(schedule.until_next_ns(5), 1u);
  EXPECT_EQ(schedule.until_next_ns(10), 0u);
}

}  // namespace
}  // namespace dotring::flood
