#include "tls/upstream/health.h"

#include <gtest/gtest.h>

#include <set>

namespace dotring::upstream {
namespace {

class HealthTest : public testing::Test {
 protected:
  uint64_t fail(bool others_open = false) { return health.failed(false, others_open, random); }

  Random random{{1, 2}};
  Health health{{}};
};

TEST_F(HealthTest, AStreamIsEnoughForAServerThatNeverFailed) {
  EXPECT_EQ(health.state(), ServerState::Starting);
  EXPECT_FALSE(health.opened());
  EXPECT_EQ(health.state(), ServerState::Up);
}

TEST_F(HealthTest, OneFailureIsForgivenTheSecondIsNot) {
  health.opened();
  EXPECT_LE(fail(), 125u);
  EXPECT_EQ(health.state(), ServerState::Up);
  EXPECT_GE(fail(), 750u);
  EXPECT_EQ(health.state(), ServerState::Failing);
}

TEST_F(HealthTest, AFailureWhileAnotherStreamIsOpenChangesNothing) {
  health.opened();
  for (int i = 0; i < 5; ++i) fail(true);
  EXPECT_EQ(health.state(), ServerState::Up);
}

TEST_F(HealthTest, OnlyAnAnswerMakesAFailingServerUp) {
  fail();
  fail();
  EXPECT_TRUE(health.opened());
  EXPECT_EQ(health.state(), ServerState::Probing);
  health.answered();
  EXPECT_EQ(health.state(), ServerState::Up);
  EXPECT_LE(fail(), 125u);
}

TEST_F(HealthTest, AFailureWhileProbingDoesNotStartTheBackOffAnew) {
  for (int i = 0; i < 4; ++i) fail();
  health.opened();
  EXPECT_GE(fail(), 6'000u);
  EXPECT_EQ(health.state(), ServerState::Failing);
}

TEST_F(HealthTest, BackOffDoublesToItsEndWithJitter) {
  uint64_t step = 1000;
  fail();
  for (int i = 0; i < 100; ++i, step = std::min<uint64_t>(2 * step, 60'000)) {
    const uint64_t wait = fail();
    EXPECT_GE(wait, step * 3 / 4);
    EXPECT_LE(wait, step * 5 / 4);
  }
}

// Those whose server failed at the same moment must not all return at the same moment.
TEST_F(HealthTest, WaitsAtTheLongestStepAreSpreadOverAllOfTheJitter) {
  for (int i = 0; i < 10; ++i) fail();
  std::set<uint64_t> waits;
  for (int i = 0; i < 100; ++i) waits.insert(fail());
  EXPECT_GE(waits.size(), 90u) << "different ones";
  EXPECT_LE(*waits.begin(), 48'000u);
  EXPECT_GE(*waits.rbegin(), 72'000u);
}

TEST_F(HealthTest, ServersWithSeedsOfTheirOwnDoNotWaitAlike) {
  std::set<uint64_t> waits;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Health other{{}};
    Random own{{seed, 2}};
    other.failed(false, false, own);
    waits.insert(other.failed(false, false, own));
  }
  EXPECT_GE(waits.size(), 50u) << "of 501 that there are";
}

TEST_F(HealthTest, ARefusedCertificateIsNotForgiven) {
  health.failed(true, false, random);
  EXPECT_EQ(health.state(), ServerState::Failing);
  EXPECT_EQ(health.retry_ms_max(), 5000u);
  fail();
  EXPECT_EQ(health.retry_ms_max(), 500u);
}

}  // namespace
}  // namespace dotring::upstream
