#include "tools/responder/parse.h"

#include <utility>

namespace dotring::responder {
namespace {

constexpr double kDurationMaxUs = 86400e6;

}  // namespace

std::optional<uint64_t> parse_duration_us(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 60e6}};
  for (const auto& [unit, microseconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto number = parse_number<double>(text.substr(0, text.size() - unit.size()));
    if (!number) continue;
    const double duration_us = *number * microseconds;
    if (!(duration_us >= 0 && duration_us <= kDurationMaxUs)) return std::nullopt;
    return static_cast<uint64_t>(duration_us + 0.5);
  }
  return std::nullopt;
}

std::optional<double> parse_share(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const auto number = parse_number<double>(text);
  if (!number) return std::nullopt;
  const double share = percent ? *number / 100 : *number;
  if (!(share >= 0 && share <= 1)) return std::nullopt;
  return share;
}

std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return without_blanks(taken);
}

}  // namespace dotring::responder
