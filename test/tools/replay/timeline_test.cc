#include "tools/replay/timeline.h"

#include <gtest/gtest.h>

namespace dotring::replay {
namespace {

constexpr uint64_t kOrigin = 500;
constexpr uint64_t kRecorded = 1'475'000'000'000'000'000;

TEST(TimelineTest, KeepsRecordedTimesTimesAFactor) {
  Timeline once({Pace::Recorded, 1, 0}, kOrigin);
  Timeline tenfold({Pace::Recorded, 10, 0}, kOrigin);
  for (const uint64_t after : {0u, 10u, 1'000'000'010u}) {
    EXPECT_EQ(once.next_due_ns(kRecorded + after), kOrigin + after);
    EXPECT_EQ(tenfold.next_due_ns(kRecorded + after), kOrigin + after / 10);
  }
}

TEST(TimelineTest, NeverGoesBack) {
  Timeline timeline({Pace::Recorded, 1, 0}, kOrigin);
  EXPECT_EQ(timeline.next_due_ns(kRecorded), kOrigin);
  EXPECT_EQ(timeline.next_due_ns(kRecorded + 10), kOrigin + 10);
  EXPECT_EQ(timeline.next_due_ns(kRecorded - 99), kOrigin + 10);
  EXPECT_EQ(timeline.next_due_ns(kRecorded + 11), kOrigin + 11);
}

TEST(TimelineTest, KeepsARateExactlyHoweverLong) {
  Timeline timeline({Pace::Rate, 1, 3}, kOrigin);
  uint64_t due = 0;
  for (int i = 0; i <= 3'000'000; ++i) due = timeline.next_due_ns(kRecorded);
  EXPECT_EQ(due, kOrigin + 1'000'000'000'000'000);
}

TEST(TimelineTest, FastIsAtOnce) {
  Timeline timeline({Pace::Fast, 1, 0}, kOrigin);
  EXPECT_EQ(timeline.next_due_ns(kRecorded), kOrigin);
  EXPECT_EQ(timeline.next_due_ns(kRecorded + 1'000'000), kOrigin);
}

}  // namespace
}  // namespace dotring::replay
