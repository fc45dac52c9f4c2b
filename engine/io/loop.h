// One turn after another: submit and wait, reap, run, timers, flush.
//
// One Loop per thread, with a ring of its own. Everything that a loop serves lives on its thread;
// the only calls allowed from other threads are stop() and post().
//
// Order within a turn (why: under load, batches form by themselves; when idle, nothing is held
// back):
//   1. submit what is queued and wait for a completion or the next timer;
//   2. reap all completions, advance the ring once, then run their callbacks;
//   3. run due timers;
//   4. flush: whoever queued bytes or datagrams in this turn sends them, once per destination.

#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/counter.h"
#include "engine/base/list.h"
#include "engine/base/timer_wheel.h"
#include "engine/base/turn_clock.h"
#include "engine/base/turn_time.h"
#include "engine/io/clock.h"
#include "engine/io/ring.h"

namespace dotring::io {

/// Something that collects work during a turn and sends it at the end. Schedule it when the first
/// work arrives; it runs once and must be scheduled again.
class Flushable : public ListNode<Flushable> {
 public:
  virtual void flush() = 0;

 protected:
  ~Flushable() = default;
};

/// Something that has more to do than fits one turn: resumed at the start of the next, which does
/// not wait.
class Resumable : public ListNode<Resumable> {
 public:
  virtual void resume() = 0;

 protected:
  ~Resumable() = default;
};

struct LoopStatistics {
  Counter turns;
  Counter completions;
  Counter posted;
  Counter sends;  ///< started by streams: what one turn gives to one of them is one
};

class Loop {
 public:
  struct Options {
    RingOptions ring;
    /// The longest sleep, so that a loop shows progress to its watchdog: milliseconds.
    uint64_t wait_ms_max = 9000;
  };

  /// Takes nothing from the environment. The ring is opened by open(), on the thread that will run
  /// it.
  Loop(const Options& options, const Clock& clock);
  ~Loop();

  /// Opens the ring. Not null: what failed and what to do about it, in one line.
  std::optional<std::string> open();
  /// Runs turns until stop() was called.
  void run();
  /// One turn; waits at most `wait_ms_max`.
  void turn(uint64_t wait_ms_max);
  /// As turn(), for whoever paces finer than the timer wheel (load tests).
  void turn_within(uint64_t wait_us_max);

  Ring& ring() { return ring_; }
  TimerWheel& timers() { return timers_; }
  void arm_in(Timer& timer, uint64_t delay_ms) { turn_time().arm_in(timer, delay_ms); }
  /// The time at which this turn's completions were reaped: monotonic microseconds, and
  /// milliseconds.
  uint64_t now_us() const { return turn_clock_.now_us; }
  uint64_t now_ms() const { return turn_clock_.now_ms(); }
  /// The same, for parts that know no loop.
  const TurnClock& turn_clock() const { return turn_clock_; }
  TurnTime turn_time() { return {timers_, turn_clock_}; }
  const Clock& clock() const { return clock_; }

  /// Ring::send() for a stream, counted.
  void send(int descriptor, Bytes bytes, Completion& completion);

  /// Runs flush() at the end of this turn. Already scheduled: nothing changes.
  void schedule(Flushable& flushable);

  /// Runs resume() in the next turn, which then does not wait. Already scheduled: nothing changes.
  void continue_next_turn(Resumable& resumable);

  /// From any thread: runs `work` on the loop's thread, soon. Bounded use: control only, not data.
  void post(std::function<void()> work);
  /// From any thread: a turn soon, though there is nothing to do, for whoever watches that it
  /// turns.
  void nudge() { wake(); }
  /// From any thread: run() returns after the current turn.
  void stop();

  const LoopStatistics& statistics() const { return statistics_; }

 private:
  void refresh_now();
  void run_resumables();
  void run_posted();
  void run_flushes();
  uint64_t wait_us(uint64_t wait_us_max);
  void wake();
  void arm_wakeup();
  void on_wakeup(int32_t result, uint32_t flags);

  const Options options_;
  const Clock& clock_;
  Ring ring_;
  TurnClock turn_clock_;
  TimerWheel timers_;
  List<Flushable, Flushable> flushables_;
  List<Resumable, Resumable> resumables_;
  LoopStatistics statistics_;

  Completion wakeup_;
  uint64_t wakeup_value_ = 0;
  std::atomic<int> wakeup_descriptor_{-1};
  std::atomic<bool> stopping_{false};
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace dotring::io
