#include "tools/responder/latency.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tools/responder/parse.h"

namespace dotring::responder {
namespace {

// In (0, 1], so that its logarithm is finite.
double positive_unit(Random& random) {
  return 1.0 - random.unit();
}

// Box and Muller; the second number of the pair is not kept.
double standard_normal(Random& random) {
  const double radius = std::sqrt(-2.0 * std::log(positive_unit(random)));
  return radius * std::cos(2.0 * std::numbers::pi * random.unit());
}

double draw(const Latency& latency, Random& random) {
  const auto first = static_cast<double>(latency.first_us);
  const auto second = static_cast<double>(latency.second_us);
  switch (latency.shape) {
    case Latency::Shape::None:
      return 0;
    case Latency::Shape::Fixed:
      return first;
    case Latency::Shape::Uniform:
      return first + random.unit() * (second - first);
    case Latency::Shape::Normal:
      return first + standard_normal(random) * second;
    case Latency::Shape::Exponential:
      return -std::log(positive_unit(random)) * first;
  }
  return 0;
}

std::optional<Latency::Shape> shape_of(std::string_view text) {
  if (text == "uniform") return Latency::Shape::Uniform;
  if (text == "normal") return Latency::Shape::Normal;
  if (text == "exponential") return Latency::Shape::Exponential;
  return std::nullopt;
}

}  // namespace

uint64_t Latency::draw_us(Random& random) const {
  return static_cast<uint64_t>(std::clamp(draw(*this, random), 0.0, static_cast<double>(kMaxUs)));
}

std::optional<Latency> Latency::parse(std::string_view text) {
  if (const auto fixed = parse_duration_us(text)) return Latency{Shape::Fixed, *fixed, 0};
  const auto shape = shape_of(take_until(text, '/'));
  const auto first = parse_duration_us(take_until(text, '/'));
  if (!shape || !first) return std::nullopt;
  if (*shape == Shape::Exponential) {
    return text.empty() ? std::optional(Latency{*shape, *first, 0}) : std::nullopt;
  }
  const auto second = parse_duration_us(text);
  if (!second || (*shape == Shape::Uniform && *second < *first)) return std::nullopt;
  return Latency{*shape, *first, *second};
}

}  // namespace dotring::responder
