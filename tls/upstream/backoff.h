// How long a failing server is left alone: longer after each failure, with jitter so that many
// clients of one server do not return together (RFC 8310, 7.2, asks clients to back off).
//
// The first failure is forgiven quickly: a server that restarts should not be called failing.

#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/random.h"

namespace dotring::upstream {

class Backoff {
 public:
  struct Options {
    uint64_t first_ms = 100;    ///< after the first failure in a row
    uint64_t second_ms = 1000;  ///< after the second; doubled after each further one
    uint64_t longest_ms = 60'000;
  };

  explicit Backoff(const Options& options) : options_(options) {}

  void set_options(const Options& options) { options_ = options; }

  uint32_t failures() const { return failures_; }
  void succeeded() { failures_ = 0; }

  /// One failure more: how long to wait now, 75 to 125 % of the step.
  uint64_t failed(Random& random) {
    ++failures_;
    const uint64_t step = step_ms();
    return step * 3 / 4 + random.below(static_cast<uint32_t>(step / 2) + 1);
  }

 private:
  uint64_t step_ms() const {
    if (failures_ <= 1) return options_.first_ms;
    const uint32_t doublings = std::min<uint32_t>(failures_ - 2, 20);
    return std::min(options_.second_ms << doublings, options_.longest_ms);
  }

  Options options_;
  uint32_t failures_ = 0;
};

}  // namespace dotring::upstream
