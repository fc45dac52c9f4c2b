// One line on a terminal that is written over; nothing in a pipe.

#pragma once

#include <cstdint>

#include "tools/replay/tally.h"

namespace dotring::replay {

class Progress {
 public:
  explicit Progress(bool terminal) : terminal_(terminal) {}

  /// Writes the line when a second has passed since the last time.
  void show(const Tally& tally, uint64_t now_ns);
  /// Takes it away.
  void clear();

 private:
  static constexpr uint64_t kIntervalNs = 1'000'000'000;

  const bool terminal_;
  bool shown_ = false;
  uint64_t last_ns_ = 0;
  uint64_t last_answered_ = 0;
};

}  // namespace dotring::replay
