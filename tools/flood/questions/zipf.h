// Ranks drawn by Zipf's law: rank k (from 0) with a probability in proportion to 1 / (k + 1)^s.
//
// Walker's alias method: a draw costs two look-ups however many ranks there are. Memory: 8 octets
// per rank.

#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/random.h"

namespace dotring::flood {

class Zipf {
 public:
  /// `ranks` > 0. Exponent 0: all ranks alike.
  Zipf(uint32_t ranks, double exponent);

  uint32_t draw(Random& random) const;

 private:
  std::vector<float> keep_;      ///< the probability that a column gives its own rank
  std::vector<uint32_t> other_;  ///< and the one that it gives else
};

}  // namespace dotring::flood
