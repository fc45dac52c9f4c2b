#include "tools/flood/load/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dotring::flood {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

std::vector<uint64_t> all_of(Schedule schedule) {
  std::vector<uint64_t> due;
  for (; schedule.next_due_ns() != Schedule::kOver; schedule.take()) {
    due.push_back(schedule.next_due_ns());
  }
  return due;
}

TEST(Schedule, QueriesAreDueAtStartPlusIndexOverRate) {
  const auto due = all_of(Schedule(1000, {Stage::constant(4e6, 1000)}));
  EXPECT_EQ(due, (std::vector<uint64_t>{1000, 1250, 1500, 1750}));
}

TEST(Schedule, DoesNotDriftWhenThePeriodIsNoWholeNumber) {
  // Every 333.3 ns for an hour, of which a thread takes every millionth.
  Schedule schedule(0, {Stage::constant(3e6, 3600 * kSecond)}, 0, 1'000'000);
  for (uint64_t i = 0; i < 3 * 3600; ++i, schedule.take()) {
    ASSERT_EQ(schedule.next_due_ns(), (2 * i * kSecond + 3) / 6);  // rounded
  }
  EXPECT_EQ(schedule.next_due_ns(), Schedule::kOver);
}

TEST(Schedule, WhatIsMissedStaysDue) {
  Schedule schedule(0, {Stage::constant(1e9, 100)});
  EXPECT_TRUE(schedule.is_due(5));
  for (int i = 0; i < 6; ++i) schedule.take();
  EXPECT_FALSE(schedule.is_due(5));
  EXPECT_EQ(schedule.until_next_ns(5), 1u);
  EXPECT_EQ(schedule.until_next_ns(10), 0u);
}

TEST(Schedule, ThreadsTogetherSendWhatOneWould) {
  const std::vector<Stage> stages = {Stage::constant(700, kSecond / 10)};
  std::vector<uint64_t> together;
  for (uint64_t i = 0; i < 3; ++i) {
    const auto part = all_of(Schedule(5, stages, i, 3));
    together.insert(together.end(), part.begin(), part.end());
  }
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, all_of(Schedule(5, stages)));
}

TEST(Schedule, StepsFollowEachOther) {
  const auto due =
      all_of(Schedule(0, {Stage::constant(10, kSecond), Stage::constant(20, kSecond)}));
  ASSERT_EQ(due.size(), 30u);
  EXPECT_EQ(due[9], 900'000'000u);
  EXPECT_EQ(due[10], kSecond);
  EXPECT_EQ(due[11], kSecond + 50'000'000);
}

TEST(Schedule, ARampGrowsEvenly) {
  const auto due = all_of(Schedule(0, {{0, 200, 10 * kSecond}}));
  ASSERT_EQ(due.size(), 1000u);
  EXPECT_EQ(due[0], 0u);
  const auto in_second = [&](uint64_t second) {
    return std::count_if(due.begin(), due.end(),
                         [&](uint64_t at) { return at / kSecond == second; });
  };
  for (uint64_t second = 0; second < 10; ++second) {
    EXPECT_NEAR(static_cast<double>(in_second(second)), 10 + 20 * static_cast<double>(second), 1);
  }
}

TEST(Schedule, ARampMayFall) {
  const auto due = all_of(Schedule(0, {{200, 100, 2 * kSecond}}));
  EXPECT_EQ(due.size(), 300u);
  EXPECT_TRUE(std::is_sorted(due.begin(), due.end()));
  EXPECT_LT(due.back(), 2 * kSecond);
}

}  // namespace
}  // namespace dotring::flood
