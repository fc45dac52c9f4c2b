// How long an answer waits: not at all, always as long, or as a distribution says. Pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/random.h"

namespace dotring::responder {

struct Latency {
  enum class Shape : uint8_t { None, Fixed, Uniform, Normal, Exponential };

  Shape shape = Shape::None;
  /// Microseconds. Fixed: first. Uniform: from first to second. Normal: mean and standard
  /// deviation, below zero counts as zero. Exponential: mean.
  uint64_t first_us = 0;
  uint64_t second_us = 0;

  /// At most kMaxUs.
  uint64_t draw_us(Random& random) const;
  /// "20ms", "uniform/10ms/30ms", "normal/20ms/5ms", "exponential/20ms".
  static std::optional<Latency> parse(std::string_view text);

  static constexpr uint64_t kMaxUs = 3'600'000'000;
};

}  // namespace dotring::responder
