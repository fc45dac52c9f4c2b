// One thread of a run: a loop and a lane for each server.
//
// Life: open and connect, wait for the common start, send, wait for the last answers, close. The
// methods named "from any thread" may be called while it runs, the others after join().

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/io/loop.h"
#include "tools/flood/load/lane.h"

namespace dotring::flood {

class Worker {
 public:
  struct LaneOptions {
    Lane::Options lane;
    /// Called once, on the caller's thread.
    std::function<std::unique_ptr<QuestionSource>()> make_questions;
  };
  struct Options {
    io::Loop::Options loop;
    clients::Crowd::Options crowd;
    std::vector<LaneOptions> lanes;
    /// Never sleeps: for exact pacing where the core is ours.
    bool spin = false;
  };

  /// `on_progress` is called on the worker's thread: when it is connected, and when it is done.
  Worker(const Options& options, const io::Clock& clock, std::function<void()> on_progress);
  ~Worker();

  void begin();
  void join();

  // From any thread.
  bool ready() const { return ready_.load(std::memory_order_acquire); }
  bool done() const { return done_.load(std::memory_order_acquire); }
  /// All workers get the same time, when all are ready.
  void set_start(uint64_t start_ns) { start_ns_.store(start_ns, std::memory_order_release); }
  void stop() { stopping_.store(true, std::memory_order_release); }
  const Tally& tally(size_t lane) const { return *parts_[lane]->tally; }
  const clients::Statistics& statistics(size_t lane) const {
    return parts_[lane]->crowd.statistics();
  }

  // After join().
  /// Empty, or what failed in one line, and on which lane.
  const std::string& failure() const { return failure_; }
  size_t failed_lane() const { return failed_lane_; }
  const Pacing& pacing(size_t lane) const { return parts_[lane]->pacing; }
  uint64_t answers_dropped(size_t lane) const { return parts_[lane]->answers_dropped; }
  uint64_t last_event_ns() const { return last_event_ns_; }

 private:
  struct Part {
    Part(io::Loop& loop, const clients::Crowd::Options& options) : crowd(loop, options) {}
    clients::Crowd crowd;
    std::unique_ptr<Tally> tally = std::make_unique<Tally>();
    Pacing pacing;
    std::unique_ptr<Lane> lane;
    uint64_t answers_dropped = 0;
  };
  struct Sender final : io::Resumable {
    explicit Sender(Worker& owner) : worker(owner) {}
    void resume() override;
    Worker& worker;
  };

  void run();
  bool open();
  bool fail(size_t lane, const std::string& what);
  bool connect();
  bool wait_for_start();
  void drive();
  void drain();
  void finish();
  template <typename Predicate>
  bool any_lane(Predicate predicate) const;
  uint64_t pause_us() const;
  void check_timeouts();
  void count_processor_time();

  const Options options_;
  const std::function<void()> on_progress_;
  io::Loop loop_;
  std::vector<std::unique_ptr<Part>> parts_;
  Sender sender_;
  Timer timeout_check_;
  uint64_t processor_started_ns_ = 0;
  uint64_t started_ns_ = 0;
  uint64_t last_event_ns_ = 0;
  std::string failure_;
  size_t failed_lane_ = 0;
  std::atomic<bool> ready_{false};
  std::atomic<bool> done_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> start_ns_{0};
  std::thread thread_;
};

}  // namespace dotring::flood
