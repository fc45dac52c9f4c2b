// Reads a capture in a thread of its own and hands over queries in batches.
//
// Decompression, a slow disk or a pipe that waits therefore never delay a query that is due: what
// there is of a batch is handed over before the file is read on, if it is waited for, and not at
// once, which on a shared core would cost two changes of threads for a query or two. Bounded:
// batches_max batches wait, then the reading does.
//
// Invariant: findings() is written by the thread until finished(), and read only after it.

#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "tools/capture/capture_file.h"
#include "tools/capture/dissector.h"
#include "tools/replay/pairing.h"

namespace dotring::replay {

/// What a capture holds, and what became of its packets (of the first loop).
struct Findings {
  capture::Account account;
  Pairing::Statistics pairing;
  uint64_t first_ns = 0;  ///< time of its first and of its last query
  uint64_t last_ns = 0;
  std::string failure;  ///< not empty: why the reading ended before the capture's end
};

class CaptureReader {
 public:
  struct Options {
    std::string path;    ///< "-": standard input
    uint32_t loops = 1;  ///< over the whole file; more than one needs a file that can be read again
    capture::Dissector::Options dissector;
    Pairing::Options pairing;
    size_t batch_size = 256;
    size_t batches_max = 32;
  };

  /// `notify` is called in the thread when a batch is there, or the end, after pop() gave nothing.
  CaptureReader(const Options& options, const HashKey& seed, std::function<void()> notify);
  /// Ends the thread, which may have to wait for a pipe.
  ~CaptureReader();

  /// Not null: why the capture cannot be read at all.
  std::optional<std::string> open();
  void start();

  /// False: there is nothing now; if finished(), nothing will come.
  bool pop(std::vector<Asked>& batch);
  bool finished();
  /// Ends the reading where it is. False: it waits for a pipe and has not ended.
  bool stop();
  /// Only after finished().
  const Findings& findings() const { return findings_; }

 private:
  void run();
  void read_once(uint32_t loop);
  void give(Asked&& asked);
  void hand_over();
  void end();

  const Options options_;
  const HashKey seed_;
  const std::function<void()> notify_;
  std::unique_ptr<capture::CaptureFile> file_;
  Findings findings_;
  std::vector<Asked> batch_;
  uint64_t shift_ns_ = 0;  ///< added to the times of this loop
  uint64_t given_ns_ = 0;  ///< the time of what was given last, shifted
  bool first_loop_ = true;

  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> hungry_{false};
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable ended_;
  std::deque<std::vector<Asked>> batches_;
  bool finished_ = false;
};

}  // namespace dotring::replay
