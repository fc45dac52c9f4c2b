#include "engine/io/loop.h"

#include <sys/resource.h>

#include <thread>

#include "test/engine/io/loop_fixture.h"

namespace dotring::io {
namespace {

struct Flag {
  bool set = false;
  void raise() { set = true; }
};

TEST_F(LoopTest, ATimerFiresNotBeforeItIsDue) {
  Flag flag;
  Timer timer;
  timer.bind<&Flag::raise>(&flag);
  const uint64_t before_us = loop_.now_us();
  loop_.arm_in(timer, 30);
  ASSERT_TRUE(turn_until([&] { return flag.set; }));
  EXPECT_GE(clock_.monotonic_us() - before_us, 29'000u);  // the wheel's millisecond had begun
}

// Completions run before the timers, whose wheel has stood still for as long as the loop has slept.
TEST_F(LoopTest, ATimerThatACompletionArmsCountsFromThen) {
  Flag flag;
  Timer timer;
  timer.bind<&Flag::raise>(&flag);
  loop_.turn(0);
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  uint64_t armed_us = 0;
  loop_.post([&] {
    loop_.arm_in(timer, 50);
    armed_us = loop_.now_us();
  });
  ASSERT_TRUE(turn_until([&] { return flag.set; }));
  EXPECT_GE(clock_.monotonic_us() - armed_us, 49'000u);
}

TEST_F(LoopTest, WorkPostedByAnotherThreadRunsHere) {
  std::thread::id ran_on;
  std::thread other([&] { loop_.post([&] { ran_on = std::this_thread::get_id(); }); });
  ASSERT_TRUE(turn_until([&] { return ran_on != std::thread::id(); }));
  EXPECT_EQ(ran_on, std::this_thread::get_id());
  EXPECT_EQ(loop_.statistics().posted.value(), 1u);
  other.join();
}

TEST(Loop, WorkPostedBeforeOpenIsNotLost) {
  Clock clock;
  Loop loop(Loop::Options(), clock);
  bool ran = false;
  loop.post([&] {
    ran = true;
    loop.stop();
  });
  ASSERT_FALSE(loop.open());
  loop.run();
  EXPECT_TRUE(ran);
}

TEST_F(LoopTest, StopFromAnotherThreadEndsRun) {
  std::thread other([&] { loop_.stop(); });
  loop_.run();
  other.join();
  SUCCEED() << "run() returned";
}

struct Again final : Flushable {
  Loop& loop;
  int runs = 0;
  explicit Again(Loop& l) : loop(l) {}
  void flush() override {
    if (++runs == 1) loop.schedule(*this);
  }
};

TEST_F(LoopTest, AFlushScheduledWhileFlushingRunsInTheSameTurn) {
  Again again(loop_);
  loop_.schedule(again);
  loop_.schedule(again);
  loop_.turn(0);
  EXPECT_EQ(again.runs, 2);
  loop_.turn(0);
  EXPECT_EQ(again.runs, 2);
}

struct Later final : Resumable {
  int runs = 0;
  void resume() override { ++runs; }
};

TEST_F(LoopTest, WorkContinuedInTheNextTurnDoesNotWait) {
  Later later;
  loop_.turn(0);
  loop_.continue_next_turn(later);
  const uint64_t before_us = clock_.monotonic_us();
  loop_.turn(5'000);
  EXPECT_EQ(later.runs, 1);
  EXPECT_LT(clock_.monotonic_us() - before_us, 4'000'000u);
}

TEST(Ring, SaysWhatToDoWhenItCannotBeOpened) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  Ring ring{RingOptions()};
  const auto failure = ring.open();
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->find("LimitNOFILE"), std::string::npos) << *failure;
}

}  // namespace
}  // namespace dotring::io
