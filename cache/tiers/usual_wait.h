// How long a GET is worth waiting for: as the last ones took (RFC 6298's estimate), and longer
// while a burst of our own is being answered.
//
// A burst is a queue: Redis answers one command after the other, so a GET behind a thousand others
// takes a thousand times what one takes, and that is no reason to ask the upstream. The time for
// those in front is added, as measured, as long as replies come. When none comes the queue counts
// for nothing, and the usual wait bounds what a client loses.

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
    /// Added at most for those in front: what takes longer is a slow server, not a queue.
    uint64_t queue_us_max = 50'000;
    /// Believed at most of one in front: a long way is not a queue either.
    uint64_t command_us_max = 50;
    /// GETs under way and no reply for so long: Redis is not answering.
    uint64_t silent_us = 20'000;
  };

  explicit UsualWait(const Options& options) : options_(options) {}

  /// Another GET leaves behind `ahead` others. Gives how long it is worth waiting for.
  uint64_t ask(uint64_t ahead, uint64_t now_us) {
    if (ahead == 0) answering_us_ = now_us;
    return usual_us() + queue_us(ahead, now_us);
  }
  /// A reply came, `duration_us` after the GET left behind `ahead` others.
  void took(uint64_t duration_us, uint64_t ahead, uint64_t now_us) {
    answering_us_ = now_us;
    whole_.add(std::min(duration_us, options_.wait_us_max), 8);
    if (ahead < kQueueMin) return;
    command_ns_.add(std::min(duration_us / ahead, options_.command_us_max) * 1000, 64);
  }

 private:
  /// Shorter queues tell more of the way than of each command.
  static constexpr uint64_t kQueueMin = 32;
  static constexpr uint64_t kCommandNsFirst = 10'000;

  struct Estimate {
    void add(uint64_t sample, int64_t weight) {
      const auto value = static_cast<int64_t>(sample);
      if (!measured) smooth = value, variation = value / 2;
      measured = true;
      const int64_t difference = value - smooth;
      smooth += difference / weight;
      variation += ((difference < 0 ? -difference : difference) - variation) / (weight / 2);
    }
    uint64_t most() const { return static_cast<uint64_t>(smooth + 4 * variation); }

    bool measured = false;
    int64_t smooth = 0;
    int64_t variation = 0;
  };

  uint64_t usual_us() const {
    if (!whole_.measured) return options_.wait_us_max;
    return std::clamp(whole_.most(), options_.wait_us_min, options_.wait_us_max);
  }
  uint64_t queue_us(uint64_t ahead, uint64_t now_us) const {
    if (now_us - answering_us_ > options_.silent_us) return 0;
    const uint64_t measured_ns = command_ns_.measured ? command_ns_.most() : kCommandNsFirst;
    const uint64_t command_ns = std::min(measured_ns, options_.command_us_max * 1000);
    return std::min(ahead * command_ns / 1000, options_.queue_us_max);
  }

  Options options_;
  Estimate whole_;
  Estimate command_ns_;
  uint64_t answering_us_ = 0;  ///< the last reply, or the first GET after all were answered
};

}  // namespace dotring::cache::tiers
