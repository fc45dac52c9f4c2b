// One run: all threads from connecting to the last answer, and what is seen of them meanwhile.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/flood/load/totals.h"
#include "tools/flood/load/worker.h"

namespace dotring::flood {

/// What one server was asked in a run, or in a part of it.
struct Period {
  uint64_t begin_ns = 0;  ///< since the run's start
  uint64_t end_ns = 0;
  std::vector<Totals> lanes;
};

class RunWatcher {
 public:
  /// `period` has just passed.
  virtual void on_period(const Period& period) = 0;

 protected:
  ~RunWatcher() = default;
};

class Run {
 public:
  struct Options {
    std::vector<Worker::Options> workers;
    std::vector<std::string> lane_names;
    uint64_t period_ns = 1'000'000'000;
    /// Where periods end besides, since the start (the ends of steps).
    std::vector<uint64_t> marks_ns;
  };

  Run(const Options& options, const io::Clock& clock);
  ~Run();

  /// SIGINT and SIGTERM must be blocked in all threads; they end the run early. Not null: what
  /// failed, in one line.
  std::optional<std::string> run(RunWatcher* watcher);

  // Afterwards
  /// From the first query to the last answer, or to the last query where that is later.
  uint64_t duration_ns() const { return duration_ns_; }
  /// The whole run; begin_ns is 0 and end_ns the duration.
  Period whole() const;
  Pacing pacing(size_t lane) const;
  uint64_t started_wall_ns() const { return started_wall_ns_; }
  bool interrupted() const { return interrupted_; }

 private:
  std::vector<Totals> totals() const;
  void start();
  void stop();
  void wait(uint64_t until_ns);
  void end_period(RunWatcher* watcher, uint64_t now_ns);
  uint64_t next_mark_ns() const;
  bool all(bool (Worker::*is)() const) const;
  std::optional<std::string> failure() const;

  const Options options_;
  std::vector<std::unique_ptr<Worker>> workers_;
  int progress_ = -1;  ///< eventfd: a worker has got further
  int signals_ = -1;   ///< signalfd
  bool interrupted_ = false;
  bool finished_ = false;
  uint64_t start_ns_ = 0;
  uint64_t duration_ns_ = 0;
  uint64_t started_wall_ns_ = 0;
  uint64_t period_begin_ns_ = 0;
  uint64_t periods_ = 0;
  std::vector<Totals> before_;
};

}  // namespace dotring::flood
