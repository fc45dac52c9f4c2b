#include "cache/redis/breaker.h"

#include <gtest/gtest.h>

namespace dotring::cache::redis {
namespace {

class GateTest : public ::testing::Test {
 protected:
  Random random_{{1, 2}};
  Gate gate_{{.first_ms = 100, .longest_ms = 400}, Cause::None};
};

TEST_F(GateTest, StopsAndIsProbedOnceAfterAWhile) {
  EXPECT_TRUE(gate_.closed());
  EXPECT_TRUE(gate_.stop(Cause::Silent, 1000, random_));
  EXPECT_FALSE(gate_.closed());
  EXPECT_EQ(gate_.cause(), Cause::Silent);
  EXPECT_FALSE(gate_.take_probe(1074));
  EXPECT_TRUE(gate_.take_probe(1126));
  EXPECT_FALSE(gate_.take_probe(1126)) << "one probe at a time";
  EXPECT_FALSE(gate_.closed());
  EXPECT_TRUE(gate_.pass(1126));
  EXPECT_TRUE(gate_.closed());
  EXPECT_EQ(gate_.cause(), Cause::None);
  EXPECT_FALSE(gate_.pass(1126));
}

TEST_F(GateTest, WaitsLongerAfterEachFailedProbeUpToALimit) {
  uint64_t now_ms = 1000;
  gate_.stop(Cause::Slow, now_ms, random_);
  for (const uint64_t step : {100u, 200u, 400u, 400u, 400u}) {
    EXPECT_GE(gate_.probe_at_ms(), now_ms + step * 3 / 4);
    EXPECT_LE(gate_.probe_at_ms(), now_ms + step * 5 / 4);
    now_ms = gate_.probe_at_ms();
    ASSERT_TRUE(gate_.take_probe(now_ms));
    EXPECT_FALSE(gate_.stop(Cause::Slow, now_ms, random_));
  }
  gate_.pass(10'000);
  gate_.stop(Cause::Slow, 10'399, random_);
  EXPECT_GE(gate_.probe_at_ms(), 10'699u) << "it worked only for a moment";
  gate_.pass(11'000);
  gate_.stop(Cause::Slow, 11'400, random_);
  EXPECT_LE(gate_.probe_at_ms(), 11'525u);
}

TEST_F(GateTest, FurtherFailuresWhileOpenDoNotPutOffTheProbe) {
  gate_.stop(Cause::Full, 1000, random_);
  const uint64_t probe_at_ms = gate_.probe_at_ms();
  EXPECT_FALSE(gate_.stop(Cause::Full, 1050, random_));
  EXPECT_EQ(gate_.probe_at_ms(), probe_at_ms);
}

TEST_F(GateTest, ALostProbeIsTakenAgain) {
  gate_.stop(Cause::Full, 1000, random_);
  ASSERT_TRUE(gate_.take_probe(2000));
  gate_.probe_lost(2000);
  EXPECT_TRUE(gate_.take_probe(2000));
}

TEST(RedisPace, SlowIsWhatIsSlowForAWhile) {
  Pace pace({.slow_us = 1000, .slow_replies_min = 10});
  for (int i = 0; i < 1000; ++i) pace.add(200);
  pace.add(5000);
  EXPECT_FALSE(pace.slow()) << "one late reply";
  for (int i = 0; i < 200; ++i) pace.add(2000);
  EXPECT_TRUE(pace.slow());
  pace.forget();
  for (int i = 0; i < 9; ++i) pace.add(2000);
  EXPECT_FALSE(pace.slow()) << "too few";
  pace.add(2000);
  EXPECT_TRUE(pace.slow());
}

}  // namespace
}  // namespace dotring::cache::redis
