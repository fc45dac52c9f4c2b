// The highest rate that a server keeps up with: loss and p99 within limits.
//
// The rate is doubled until it is too much, then the gap is halved until it is small enough. A rate
// is too much when it fails twice, so that one hiccup of the machine does not end the search low.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/flood/load/settings.h"

namespace dotring::flood {

struct Trial {
  double rate_per_s = 0;
  double loss = 0;
  uint64_t p99_ns = 0;
  bool generator_limited = false;
  bool passed = false;
};

class Search {
 public:
  /// Runs one trial at a rate; nothing when it could not be run at all, which ends the search.
  using Run = std::function<std::optional<Trial>(double rate_per_s)>;

  Search(const SearchSettings& settings, Run run) : settings_(settings), run_(std::move(run)) {}

  /// Starts at `rate_per_s`. The best trial that passed; nothing when none did.
  std::optional<Trial> find(double rate_per_s);
  const std::vector<Trial>& trials() const { return trials_; }
  /// What ended the search above the best rate was the generator: the server may keep up with more.
  bool generator_limited() const;

  /// Latency counts from when queries were due: a generator that was late only makes it harder.
  static bool passes(const Trial& trial, const SearchSettings& settings) {
    return trial.loss <= settings.loss_max && trial.p99_ns <= settings.p99_ns_max;
  }

 private:
  bool try_twice(double rate_per_s);
  bool try_once(double rate_per_s);

  static constexpr size_t kTrialsMax = 60;

  const SearchSettings settings_;
  const Run run_;
  std::vector<Trial> trials_;
  std::optional<Trial> best_;
  bool ended_ = false;
};

}  // namespace dotring::flood
