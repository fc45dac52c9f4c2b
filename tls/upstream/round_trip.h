// How long one server takes to answer: a smoothed mean, its deviation, and one high percentile.
//
// Mean and deviation as TCP keeps them (RFC 6298, 2). The percentile is tracked by steps in
// proportion to the estimate: up by its share when a sample is above, down by the rest when it is
// below, so that it settles where that share of the samples lies below. It forgets by itself, needs
// no buckets, and costs two additions.

#pragma once

#include <algorithm>
#include <cstdint>

namespace dotring::upstream {

class RoundTrip {
 public:
  /// `percentile` in per cent, e.g. 95.
  explicit RoundTrip(uint32_t percentile) : percentile_(percentile) {}

  void set_percentile(uint32_t percentile) { percentile_ = percentile; }

  bool measured() const { return smoothed_us_ != 0; }
  /// 0 until the first sample.
  uint64_t smoothed_us() const { return smoothed_us_; }
  uint64_t percentile_us() const { return percentile_us_; }

  void add(uint64_t sample_us) {
    sample_us = std::max<uint64_t>(sample_us, 1);
    if (!measured() || outdated_) return begin(sample_us);
    const uint64_t deviation =
        sample_us > smoothed_us_ ? sample_us - smoothed_us_ : smoothed_us_ - sample_us;
    deviation_us_ = (3 * deviation_us_ + deviation) / 4;
    smoothed_us_ = std::max<uint64_t>((7 * smoothed_us_ + sample_us) / 8, 1);
    move_percentile(sample_us);
  }

  /// What is known is old: the next sample takes the place of mean and deviation.
  void outdate() { outdated_ = true; }

  /// An answer later than this is worth a second question; `unmeasured_us` before the first sample.
  uint64_t patience_us(uint64_t unmeasured_us) const {
    return measured() ? smoothed_us_ + 4 * deviation_us_ : unmeasured_us;
  }

 private:
  void begin(uint64_t sample_us) {
    smoothed_us_ = sample_us;
    deviation_us_ = sample_us / 2;
    outdated_ = false;
    if (percentile_us_ == 0) percentile_us_ = 2 * sample_us;
  }

  void move_percentile(uint64_t sample_us) {
    const uint64_t step = percentile_us_ / 16 + 100;
    if (sample_us > percentile_us_) {
      percentile_us_ += step * percentile_ / 100;
    } else {
      percentile_us_ -= std::min(percentile_us_, step * (100 - percentile_) / 100);
    }
  }

  uint32_t percentile_;
  bool outdated_ = false;
  uint64_t smoothed_us_ = 0;
  uint64_t deviation_us_ = 0;
  uint64_t percentile_us_ = 0;
};

}  // namespace dotring::upstream
