// Numbers, shares and durations as people write them. Nothing where the text is anything else.

#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dotring::responder {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "250us", "500ms", "2s", "1m": microseconds, at most a day.
std::optional<uint64_t> parse_duration_us(std::string_view text);
/// "25%" or "0.25": 0 to 1.
std::optional<double> parse_share(std::string_view text);

/// Takes what stands before `separator` off the front of `text`, the separator too; all of it when
/// there is none. Without blanks around it.
std::string_view take_until(std::string_view& text, char separator);
std::string_view without_blanks(std::string_view text);

}  // namespace dotring::responder
