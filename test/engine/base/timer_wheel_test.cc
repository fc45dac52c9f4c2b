#include "engine/base/timer_wheel.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "engine/base/random.h"

namespace dotring {
namespace {

struct Recorder {
  TimerWheel* wheel;
  std::vector<uint64_t> fired;
  Timer timer;
  Recorder(TimerWheel& w) : wheel(&w) { timer.bind<&Recorder::on_due>(this); }
  void on_due() { fired.push_back(wheel->now_ms()); }
};

TEST(TimerWheel, FiresAtTheDueTimeAndNotBefore) {
  TimerWheel wheel(1000);
  Recorder recorder(wheel);
  wheel.arm(recorder.timer, wheel.now_ms() + 10);
  wheel.advance(1009);
  EXPECT_TRUE(recorder.fired.empty());
  wheel.advance(1010);
  EXPECT_EQ(recorder.fired, std::vector<uint64_t>{1010});
  EXPECT_FALSE(recorder.timer.armed());
}

TEST(TimerWheel, FarTimersFireExactlyWhateverTheSteps) {
  Random random({1, 2});
  for (int round = 0; round < 300; ++round) {
    const uint64_t start = random.next() >> 20;
    TimerWheel wheel(start);
    std::vector<std::unique_ptr<Recorder>> recorders;
    std::map<Recorder*, uint64_t> due;
    for (int i = 0; i < 50; ++i) {
      recorders.push_back(std::make_unique<Recorder>(wheel));
      const uint64_t delay = 1 + (random.next() >> (36 + random.below(26)));
      due[recorders.back().get()] = start + delay;
      wheel.arm(recorders.back()->timer, start + delay);
    }
    uint64_t now = start;
    while (now < start + (uint64_t{1} << 28)) {
      now += 1 + (random.next() >> (38 + random.below(24)));
      wheel.advance(now);
      for (auto& [recorder, when] : due) EXPECT_EQ(recorder->fired.size(), when <= now ? 1u : 0u);
    }
    for (auto& [recorder, when] : due) EXPECT_EQ(recorder->fired, std::vector<uint64_t>{when});
  }
}

TEST(TimerWheel, UntilNextNeverOverslept) {
  TimerWheel wheel(4000);
  Recorder near(wheel), far(wheel);
  wheel.arm(near.timer, 4000 + 5000);
  wheel.arm(far.timer, 4097);
  EXPECT_EQ(wheel.until_next_ms(60'000), 97u);
  while (far.fired.empty()) wheel.advance(wheel.now_ms() + wheel.until_next_ms(60'000));
  EXPECT_EQ(far.fired.front(), 4097u);
}

TEST(TimerWheel, WhereManyTimersAreAboutAsFarAwayTheyMoveToAFinerLevelFirst) {
  TimerWheel wheel(0);
  std::deque<Recorder> some;
  for (uint64_t i = 0; i < 4; ++i) wheel.arm(some.emplace_back(wheel).timer, 8500 - i);
  EXPECT_EQ(wheel.until_next_ms(60'000), 8497u);
  wheel.arm(some.emplace_back(wheel).timer, 8500);
  EXPECT_EQ(wheel.until_next_ms(60'000), 8192u);
  while (some.back().fired.empty()) wheel.advance(wheel.now_ms() + wheel.until_next_ms(60'000));
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(some[i].fired, std::vector<uint64_t>{8500 - i});
}

TEST(TimerWheel, CancelledAndMovedTimers) {
  TimerWheel wheel(0);
  Recorder a(wheel), b(wheel);
  wheel.arm(a.timer, 100);
  wheel.arm(b.timer, 100);
  a.timer.cancel();
  wheel.arm(b.timer, 200);
  wheel.advance(150);
  EXPECT_TRUE(a.fired.empty());
  EXPECT_TRUE(b.fired.empty());
  wheel.advance(300);
  EXPECT_EQ(b.fired, std::vector<uint64_t>{200});
}

TEST(TimerWheel, SlotsThatTheirTimersHaveLeftEndNoSleep) {
  TimerWheel wheel(0);
  Recorder a(wheel), b(wheel);
  wheel.arm(a.timer, 10);
  wheel.arm(b.timer, 70);
  a.timer.cancel();
  b.timer.cancel();
  EXPECT_EQ(wheel.until_next_ms(60'000), 60'000u);
  wheel.arm(a.timer, 10);
  EXPECT_EQ(wheel.until_next_ms(60'000), 10u);
  wheel.advance(10);
  EXPECT_EQ(a.fired, std::vector<uint64_t>{10});
}

TEST(TimerWheel, ATimerMayCancelAnotherThatIsDueInTheSameTick) {
  struct Canceller {
    Timer timer;
    Timer* victim;
    void on_due() { victim->cancel(); }
  };
  TimerWheel wheel(0);
  Canceller canceller;
  Recorder victim(wheel);
  canceller.victim = &victim.timer;
  canceller.timer.bind<&Canceller::on_due>(&canceller);
  wheel.arm(canceller.timer, 5);
  wheel.arm(victim.timer, 5);
  wheel.advance(10);
  EXPECT_TRUE(victim.fired.empty());
}

}  // namespace
}  // namespace dotring
