// Where the questions of a run come from, one after the other.
//
// The same seed gives the same questions in the same order. Several threads share the questions: of
// `shares` sources, each gives its part, and together they give what one would.

#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/random.h"

namespace dotring::flood {

class QuestionSource {
 public:
  virtual ~QuestionSource() = default;

  /// A message without id, valid until the next call; empty when there are no more questions.
  virtual MutableBytes next() = 0;
};

/// Which part of the questions a source gives.
struct Share {
  uint32_t index = 0;
  uint32_t shares = 1;
};

}  // namespace dotring::flood
