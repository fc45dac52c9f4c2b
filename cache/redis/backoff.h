// How long a failing server is left alone: twice as long after each failure, 75 to 125 % of it, so
// that many clients do not return together. What works only for moments in between is still
// failing.

#pragma once

#include <algorithm>

#include "cache/redis/options.h"
#include "engine/base/random.h"

namespace dotring::cache::redis {

class Backoff {
 public:
  explicit Backoff(const BackoffOptions& options) : options_(options) {}

  uint32_t failures() const { return failures_; }
  void succeeded() { failures_ = 0; }

  /// One failure more, after it worked for `worked_ms`: how long to wait now.
  uint64_t failed(Random& random, uint64_t worked_ms = 0) {
    if (worked_ms >= options_.longest_ms) failures_ = 0;
    const uint32_t doublings = std::min<uint32_t>(failures_, 20);
    ++failures_;
    const uint64_t step = std::min(options_.first_ms << doublings, options_.longest_ms);
    return step * 3 / 4 + random.below(static_cast<uint32_t>(step / 2) + 1);
  }

 private:
  const BackoffOptions options_;
  uint32_t failures_ = 0;
};

}  // namespace dotring::cache::redis
