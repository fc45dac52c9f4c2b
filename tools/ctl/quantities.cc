#include "tools/ctl/quantities.h"

#include <array>
#include <cstdio>

namespace dotring::ctl {
namespace {

using control::Json;

constexpr const char* kNothing = "-";

std::string with_digits(double value, int digits, const char* unit) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.*f%s", digits, value, unit);
  return text.data();
}

}  // namespace

const Json& member(const Json& object, const char* name) {
  static const Json kNull;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? kNull : *found;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : kNothing;
}

std::string number_of(const Json& value) {
  return value.is_number_unsigned() ? std::to_string(value.get<uint64_t>()) : kNothing;
}

std::string count_of(const Json& value) {
  if (!value.is_number_unsigned()) return kNothing;
  std::string text = std::to_string(value.get<uint64_t>());
  for (size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string size_of(const Json& value) {
  if (!value.is_number_unsigned()) return kNothing;
  double size = value.get<double>();
  for (const char* unit : {" B", " KiB", " MiB", " GiB"}) {
    if (size < 1024) return with_digits(size, unit[1] == 'B' ? 0 : 1, unit);
    size /= 1024;
  }
  return with_digits(size, 1, " TiB");
}

std::string share_of(const Json& value) {
  return value.is_number() ? with_digits(100 * value.get<double>(), 1, " %") : kNothing;
}

std::string duration_of(const Json& seconds) {
  if (!seconds.is_number()) return kNothing;
  struct Unit {
    uint64_t seconds;
    const char* name;
  };
  constexpr Unit kUnits[] = {{86'400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  auto left = static_cast<uint64_t>(seconds.get<double>());
  std::string text;
  int shown = 0;
  for (const Unit& unit : kUnits) {
    const uint64_t amount = left / unit.seconds;
    left %= unit.seconds;
    if (shown == 2 || (amount == 0 && shown == 0 && unit.seconds > 1)) continue;
    text += (shown++ == 0 ? "" : " ") + std::to_string(amount) + " " + unit.name;
  }
  return text;
}

std::string latency_of(const Json& us) {
  if (!us.is_number() || us.get<double>() <= 0) return kNothing;
  return with_digits(us.get<double>() / 1000, 1, " ms");
}

std::string rate_of(const Json& value) {
  return value.is_number() ? with_digits(value.get<double>(), 1, "") : kNothing;
}

}  // namespace dotring::ctl
