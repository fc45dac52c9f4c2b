#include "tools/flood/questions/zipf.h"

#include <cmath>

namespace dotring::flood {

Zipf::Zipf(uint32_t ranks, double exponent) : keep_(ranks, 1), other_(ranks) {
  std::vector<double> weights(ranks);
  double sum = 0;
  for (uint32_t k = 0; k < ranks; ++k) sum += weights[k] = std::pow(k + 1.0, -exponent);
  std::vector<uint32_t> small, large;
  for (uint32_t k = 0; k < ranks; ++k) {
    weights[k] *= ranks / sum;
    (weights[k] < 1 ? small : large).push_back(k);
  }
  // Each column that is not full is filled up by one that has too much.
  while (!small.empty() && !large.empty()) {
    const uint32_t poor = small.back(), rich = large.back();
    small.pop_back();
    keep_[poor] = static_cast<float>(weights[poor]);
    other_[poor] = rich;
    weights[rich] -= 1 - weights[poor];
    if (weights[rich] >= 1) continue;
    large.pop_back();
    small.push_back(rich);
  }
}

uint32_t Zipf::draw(Random& random) const {
  const uint32_t column = random.below(static_cast<uint32_t>(keep_.size()));
  return random.unit() < static_cast<double>(keep_[column]) ? column : other_[column];
}

}  // namespace dotring::flood
