// One worker: a thread, and the parts that live on it (worker_parts.h).
//
// What it is: how main starts and ends a thread that must open its own ring. All functions here are
// called by main's thread.

#pragma once

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>

#include "tools/dotring/worker_parts.h"

namespace dotring::appliance {

class Worker {
 public:
  /// Starts the thread, which opens everything and then waits for run() or abort(). `shared`
  /// outlives the worker.
  Worker(const SharedParts& shared, std::shared_ptr<const InForce> in_force, size_t index,
         const HashKey& seed);
  /// Waits for the end of the thread: after stop() or abort(), or a failed start.
  ~Worker();

  /// Waits until everything is open. Not null: what failed; then only destruction is left.
  std::optional<std::string> wait_until_open() { return opened_.get_future().get(); }
  /// Begins to answer.
  void run() { go(true); }

  /// Takes no more queries, answers those in flight, ends.
  void stop();
  /// See WorkerParts; ends as after stop().
  void hand_over(listen::ConnectionHeir& heir);
  /// Ends at once.
  void abort();
  /// The thread has nothing left to do.
  bool ended() const { return ended_.load(std::memory_order_acquire); }

  /// See WorkerParts. Between run() and the end.
  void nudge() { parts_->nudge(); }
  uint64_t turns() const { return parts_->turns(); }
  void tell_flush() { parts_->tell_flush(); }
  std::future<TopList> top(TopLists::Kind kind) { return parts_->top(kind); }
  std::future<std::vector<OwnedDescriptor>> duplicate_sockets() {
    return parts_->duplicate_sockets();
  }
  void inherit(int descriptor, const Endpoint& local, Bytes unread) {
    parts_->inherit(descriptor, local, unread);
  }
  /// Runs `work` on the worker's thread, soon. Between run() and stop().
  void post(std::function<void(WorkerParts& parts)> work) {
    parts_->post([this, work = std::move(work)] { work(*parts_); });
  }

  /// After wait_until_open() gave null.
  void add_to(MetricSources& sources) const { parts_->add_to(sources); }

 private:
  void work(const SharedParts& shared, std::shared_ptr<const InForce> in_force, size_t index,
            const HashKey& seed);
  void go(bool run);

  std::optional<WorkerParts> parts_;  ///< made and destroyed by the thread
  std::promise<std::optional<std::string>> opened_;
  std::promise<bool> go_;
  bool gone_ = false;
  std::promise<void> left_;  ///< nobody reads the parts any more
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace dotring::appliance
