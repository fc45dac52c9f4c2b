// When queries are due in an open loop: query i at start + i / rate, whatever the answers do.
//
// Pure. 64-bit nanoseconds from a fixed origin, so the rate does not drift however long the run is.

#pragma once

#include <algorithm>
#include <cstdint>

namespace dotring::flood {

class Schedule {
 public:
  Schedule(uint64_t start_ns, double rate_per_s) : start_ns_(start_ns), rate_per_s_(rate_per_s) {}

  uint64_t due_ns(uint64_t index) const {
    return start_ns_ + static_cast<uint64_t>(static_cast<double>(index) * 1e9 / rate_per_s_);
  }
  /// When the next query is due.
  uint64_t next_due_ns() const { return due_ns(taken_); }
  bool is_due(uint64_t now_ns) const { return next_due_ns() <= now_ns; }
  void take() { ++taken_; }
  uint64_t until_next_ns(uint64_t now_ns) const {
    return next_due_ns() > now_ns ? next_due_ns() - now_ns : 0;
  }

 private:
  const uint64_t start_ns_;
  const double rate_per_s_;
  uint64_t taken_ = 0;
};

}  // namespace dotring::flood
