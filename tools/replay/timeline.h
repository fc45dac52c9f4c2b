// When each query is due: as recorded times a factor, at a constant rate, or at once.
//
// Pure. 64-bit nanoseconds from a fixed origin, so nothing drifts however long the run is. Recorded
// times that go back do not: the query is due with the one before it.

#pragma once

#include <algorithm>
#include <cstdint>

namespace dotring::replay {

enum class Pace : uint8_t { Recorded, Rate, Fast };

class Timeline {
 public:
  struct Options {
    Pace pace = Pace::Recorded;
    double factor = 1;      ///< 10: ten times as fast
    double rate_per_s = 0;  ///< with Pace::Rate
  };

  Timeline(const Options& options, uint64_t start_ns) : options_(options), start_ns_(start_ns) {}

  /// When the next query is due, `recorded_ns` being its recorded time. With Pace::Fast: the start.
  uint64_t next_due_ns(uint64_t recorded_ns) {
    if (count_ == 0) first_ns_ = last_ns_ = recorded_ns;
    last_ns_ = std::max(last_ns_, recorded_ns);
    const auto index = static_cast<double>(count_++);
    if (options_.pace == Pace::Fast) return start_ns_;
    const double after_ns = options_.pace == Pace::Rate
                                ? index * 1e9 / options_.rate_per_s
                                : static_cast<double>(last_ns_ - first_ns_) / options_.factor;
    return start_ns_ + static_cast<uint64_t>(after_ns);
  }

 private:
  const Options options_;
  const uint64_t start_ns_;
  uint64_t count_ = 0;
  uint64_t first_ns_ = 0;
  uint64_t last_ns_ = 0;
};

}  // namespace dotring::replay
