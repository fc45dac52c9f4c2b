#include "tools/clients/connect_pacer.h"

#include <gtest/gtest.h>

#include <deque>

namespace dotring::clients {
namespace {

struct Turn final : ConnectTurn {
  explicit Turn(int& counter) : count(counter) {}
  void begin_connection() override { ++count; }
  int& count;
};

class ConnectPacerTest : public testing::Test {
 protected:
  void ask(ConnectPacer& pacer, int turns) {
    for (int i = 0; i < turns; ++i) pacer.ask(turns_.emplace_back(begun_));
  }

  void go_to(uint64_t now_ms) {
    clock_.now_us = now_ms * 1000;
    timers_.advance(now_ms);
  }

  TimerWheel timers_{1000};
  TurnClock clock_{1'000'000};
  int begun_ = 0;
  std::deque<Turn> turns_;
};

TEST_F(ConnectPacerTest, WithoutALimitTurnsAreGivenAtOnce) {
  ConnectPacer pacer({timers_, clock_}, 0);
  ask(pacer, 100);
  EXPECT_EQ(begun_, 100);
}

TEST_F(ConnectPacerTest, GivesAsManyTurnsAsTheRateAllows) {
  ConnectPacer pacer({timers_, clock_}, 100);
  ask(pacer, 50);
  EXPECT_EQ(begun_, 1);
  for (uint64_t ms = 1; ms <= 100; ++ms) go_to(1000 + ms);
  EXPECT_EQ(begun_, 11);
  for (uint64_t ms = 101; ms <= 1000; ++ms) go_to(1000 + ms);
  EXPECT_EQ(begun_, 50);
}

TEST_F(ConnectPacerTest, AFastRateGivesSeveralTurnsPerMillisecond) {
  ConnectPacer pacer({timers_, clock_}, 10'000);
  ask(pacer, 1000);
  for (uint64_t ms = 1; ms <= 50; ++ms) go_to(1000 + ms);
  EXPECT_NEAR(begun_, 500, 11);
}

TEST_F(ConnectPacerTest, APauseIsNotSavedUp) {
  ConnectPacer pacer({timers_, clock_}, 100);
  go_to(100'000);
  ask(pacer, 50);
  EXPECT_EQ(begun_, 1);
}

TEST_F(ConnectPacerTest, WhoIsDestroyedGivesItsTurnUp) {
  ConnectPacer pacer({timers_, clock_}, 100);
  ask(pacer, 3);
  turns_.pop_back();
  go_to(2000);
  go_to(3000);
  EXPECT_EQ(begun_, 2);
}

}  // namespace
}  // namespace dotring::clients
