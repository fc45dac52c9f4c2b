#include "cache/tiers/usual_wait.h"

#include <gtest/gtest.h>

namespace dotring::cache::tiers {
namespace {

/// A Redis that takes the same time for every command, and the clock beside it.
struct Replies {
  void lone(int count, uint64_t duration_us) {
    for (int i = 0; i < count; ++i) {
      wait.ask(0, now_us);
      now_us += duration_us;
      wait.took(duration_us, 0, now_us);
    }
  }
  /// The wait of the last of `count` GETs of one turn.
  uint64_t burst(uint64_t count) {
    uint64_t last_us = 0;
    for (uint64_t i = 0; i < count; ++i) last_us = wait.ask(i, now_us);
    return last_us;
  }
  void answer(uint64_t count, uint64_t command_us) {
    for (uint64_t i = 0; i < count; ++i) {
      now_us += command_us;
      wait.took((i + 1) * command_us, i, now_us);
    }
  }

  UsualWait wait{UsualWait::Options()};
  uint64_t now_us = 1'000'000'000;
};

TEST(UsualWait, FollowsWhatIsMeasuredWithinItsLimits) {
  Replies redis;
  EXPECT_EQ(redis.wait.ask(0, redis.now_us), 5000u);
  redis.lone(100, 200);
  EXPECT_EQ(redis.wait.ask(0, redis.now_us), 1000u);
  redis.lone(100, 3000);
  EXPECT_GE(redis.wait.ask(0, redis.now_us), 2900u);
  EXPECT_LE(redis.wait.ask(0, redis.now_us), 4000u);
  redis.lone(100, 1'000'000);
  EXPECT_EQ(redis.wait.ask(0, redis.now_us), 5000u);
}

TEST(UsualWait, ABurstOfOurOwnWaitsForThoseInFrontToo) {
  Replies redis;
  redis.lone(100, 100);
  for (int i = 0; i < 10; ++i) {
    redis.burst(1000);
    redis.answer(1000, 12);
  }
  const uint64_t last_us = redis.burst(1000);
  EXPECT_GE(last_us, 12'000u) << "the last is answered then";
  EXPECT_LE(last_us, 25'000u);
  EXPECT_LE(redis.wait.ask(0, redis.now_us), 5000u) << "and a lone one soon";
}

TEST(UsualWait, TheFirstBurstOfAllIsBelievedInBeforeAnythingIsMeasured) {
  Replies redis;
  EXPECT_EQ(redis.burst(1001), 5000u + 1000 * 10);
}

TEST(UsualWait, AQueueThatNobodyAnswersCountsForNothing) {
  Replies redis;
  redis.burst(1000);
  redis.answer(1000, 10);
  redis.burst(200);
  redis.now_us += 20'001;
  EXPECT_LE(redis.wait.ask(200, redis.now_us), 5000u);
  redis.wait.took(20'001, 0, redis.now_us);
  EXPECT_GT(redis.wait.ask(200, redis.now_us), 5000u) << "a reply: it is answering";
}

TEST(UsualWait, ALongWayIsNoQueue) {
  Replies redis;
  for (int i = 0; i < 1000; ++i) {
    redis.wait.ask(80, redis.now_us);
    redis.wait.took(40'000, 80, redis.now_us);
  }
  EXPECT_LE(redis.wait.ask(80, redis.now_us), 5000u + 80 * 50);
  EXPECT_LE(redis.wait.ask(1'000'000, redis.now_us), 5000u + 50'000) << "bounded in any case";
}

}  // namespace
}  // namespace dotring::cache::tiers
