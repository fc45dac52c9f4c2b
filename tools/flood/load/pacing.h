// How evenly queries were sent: how many were due and how many were sent, per 10 ms of a run.
//
// Invariant: at most kWindowsMax windows are kept; what comes later is not judged.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dotring::flood {

class Pacing {
 public:
  static constexpr uint64_t kWindowNs = 10'000'000;
  static constexpr size_t kWindowsMax = 360'000;  ///< an hour

  /// Room for `duration_ns`, so that nothing is allocated while queries are sent.
  void start(uint64_t start_ns, uint64_t duration_ns);
  void add(uint64_t due_ns, uint64_t sent_ns);
  /// Adds another thread's windows.
  void merge(const Pacing& other);

  struct Deviation {
    uint64_t windows = 0;
    double rate_per_s = 0;  ///< achieved, over all windows
    double worst = 0;       ///< largest share by which a window differs from what was due in it
    double p99 = 0;         ///< the share that 99 % of the windows stay below
  };
  /// Over windows of `count` times 10 ms; whole ones only. The run's last second is left out where
  /// it is not whole.
  Deviation deviation(size_t count) const;

 private:
  struct Window {
    uint32_t due = 0;
    uint32_t sent = 0;
  };

  uint64_t start_ns_ = 0;
  std::vector<Window> windows_;
};

}  // namespace dotring::flood
