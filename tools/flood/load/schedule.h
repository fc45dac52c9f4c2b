// When queries are due in an open loop, whatever the answers do: query i at start + i / rate.
//
// Pure. Stages follow each other without a gap; within one the rate is constant or changes evenly.
// Every time is computed from its stage's start and not from the query before, with 64 bits of
// mantissa: it is exact to the nanosecond and does not drift, however long the run is.
//
// Several threads share a schedule by taking every stride-th query of it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dotring::flood {

struct Stage {
  double from_per_s = 0;
  double to_per_s = 0;
  uint64_t duration_ns = 0;

  static Stage constant(double rate_per_s, uint64_t duration_ns) {
    return {rate_per_s, rate_per_s, duration_ns};
  }
};

class Schedule {
 public:
  Schedule(uint64_t start_ns, const std::vector<Stage>& stages, uint64_t first = 0,
           uint64_t stride = 1);

  /// When the next query is due; kOver when none is left.
  static constexpr uint64_t kOver = UINT64_MAX;
  uint64_t next_due_ns() const { return next_due_ns_; }
  bool is_due(uint64_t now_ns) const { return next_due_ns_ <= now_ns; }
  void take();
  uint64_t until_next_ns(uint64_t now_ns) const {
    return next_due_ns_ > now_ns ? next_due_ns_ - now_ns : 0;
  }

 private:
  struct Part {
    Stage stage;
    uint64_t start_ns;
    long double first;  ///< queries of all earlier stages
    long double end;    ///< and of this one
  };

  uint64_t due_ns(uint64_t index);

  const uint64_t stride_;
  std::vector<Part> parts_;
  size_t part_ = 0;
  uint64_t index_;
  uint64_t next_due_ns_ = kOver;
};

/// Queries per second that `stages` ask for at most.
double highest_rate(const std::vector<Stage>& stages);
uint64_t total_ns(const std::vector<Stage>& stages);

}  // namespace dotring::flood
