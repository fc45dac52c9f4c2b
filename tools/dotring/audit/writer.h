// The thread that writes queries down: takes records from the workers' queues, formats them for
// each output, and sleeps while there are none.
//
// It gives way to the workers (nice 15): where answering takes all of the processors, queues fill
// and records are dropped, which is counted. It wakes at the most a hundred times a second.

#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "engine/io/clock.h"
#include "tools/dotring/audit/format.h"
#include "tools/dotring/audit/recorder.h"
#include "tools/dotring/audit/sink.h"

namespace dotring::appliance {

struct Output {
  const char* name;
  std::unique_ptr<Format> format;
  std::unique_ptr<Sink> sink;
  bool full = false;  ///< in this round
};

class Writer {
 public:
  /// All of them outlive it.
  Writer(std::vector<Output>& outputs, std::vector<std::unique_ptr<Recorder>>& recorders,
         Doorbell& doorbell, const io::Clock& clock);
  /// Writes what the queues hold, for a moment at the most.
  ~Writer();

  /// From any thread: files were moved away.
  void reopen();

 private:
  void run();
  bool drain();
  void write(const Record& record, const WallTime& time);
  void work();
  void rest(bool busy);
  void sleep(bool with_doorbell, int wait_ms);
  bool has_records() const;
  uint64_t now_ms() const { return clock_.monotonic_us() / 1000; }

  std::vector<Output>& outputs_;
  std::vector<std::unique_ptr<Recorder>>& recorders_;
  Doorbell& doorbell_;
  const io::Clock& clock_;
  std::atomic<bool> ending_{false};
  std::atomic<bool> reopen_{false};
  std::thread thread_;
};

}  // namespace dotring::appliance
