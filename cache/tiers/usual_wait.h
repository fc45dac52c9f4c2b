// How long a GET is worth waiting for, by how long the last ones took (RFC 6298's estimate).

#pragma once

#include <algorithm>
#include <cstdint>

namespace dotring::cache::tiers {

class UsualWait {
 public:
  struct Options {
    /// Less than the timers' tick would cut off answers that are on their way.
    uint64_t wait_us_min = 1000;
    uint64_t wait_us_max = 5000;
  };

  explicit UsualWait(const Options& options) : options_(options) {}

  void took(uint64_t duration_us) {
    const auto duration = static_cast<int64_t>(std::min(duration_us, options_.wait_us_max));
    if (!measured_) smooth_us_ = duration, variation_us_ = duration / 2;
    measured_ = true;
    const int64_t difference = duration - smooth_us_;
    smooth_us_ += difference / 8;
    variation_us_ += ((difference < 0 ? -difference : difference) - variation_us_) / 4;
  }
  uint64_t wait_us() const {
    if (!measured_) return options_.wait_us_max;
    const auto usual_us = static_cast<uint64_t>(smooth_us_ + 4 * variation_us_);
    return std::clamp(usual_us, options_.wait_us_min, options_.wait_us_max);
  }

 private:
  Options options_;
  bool measured_ = false;
  int64_t smooth_us_ = 0;
  int64_t variation_us_ = 0;
};

}  // namespace dotring::cache::tiers
