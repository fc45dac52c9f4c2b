#include "tools/flood/load/search.h"

#include <algorithm>

namespace dotring::flood {

std::optional<Trial> Search::find(double rate_per_s) {
  constexpr double kRateMin = 1;
  double good = 0, bad = 0;
  while (!ended_ && bad == 0 && good < settings_.rate_max) {
    const double rate = std::min(good > 0 ? 2 * good : rate_per_s, settings_.rate_max);
    (try_twice(rate) ? good : bad) = rate;
  }
  // The first rate may have been too much already.
  while (!ended_ && good == 0 && bad > kRateMin) {
    const double rate = bad / 4;
    (try_twice(rate) ? good : bad) = rate;
  }
  while (!ended_ && good > 0 && bad > 0 && bad / good > 1 + settings_.accuracy) {
    const double rate = (good + bad) / 2;
    (try_twice(rate) ? good : bad) = rate;
  }
  return best_;
}

bool Search::try_twice(double rate_per_s) {
  return try_once(rate_per_s) || (!ended_ && try_once(rate_per_s));
}

bool Search::try_once(double rate_per_s) {
  auto trial = trials_.size() < kTrialsMax ? run_(rate_per_s) : std::nullopt;
  if (!trial) {
    ended_ = true;
    return false;
  }
  trial->passed = passes(*trial, settings_);
  trials_.push_back(*trial);
  if (trial->passed && (!best_ || trial->rate_per_s > best_->rate_per_s)) best_ = trial;
  return trial->passed;
}

bool Search::generator_limited() const {
  const Trial* lowest = nullptr;
  for (const Trial& trial : trials_) {
    if (trial.passed || (best_ && trial.rate_per_s <= best_->rate_per_s)) continue;
    if (!lowest || trial.rate_per_s <= lowest->rate_per_s) lowest = &trial;
  }
  return lowest && lowest->generator_limited;
}

}  // namespace dotring::flood
