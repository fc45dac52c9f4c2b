// redis.url as a value: checked when it is read, printed without its passwords.

#include "cache/redis/url.h"
#include "tools/dotring/config/value.h"

namespace dotring::appliance {

std::string hide_password(std::string_view text) {
  std::string result(text);
  const size_t begin = result.find("://");
  const size_t at = begin != std::string::npos ? result.rfind('@', result.find('?')) : begin;
  if (at != std::string::npos && at > begin) {
    // Without a colon it may be the password all the same.
    const size_t colon = result.find(':', begin + 3);
    const size_t from = colon < at ? colon + 1 : begin + 3;
    result.replace(from, at - from, "***");
  }
  constexpr std::string_view kOption = "password=";
  for (size_t from = result.find(kOption); from != std::string::npos;
       from = result.find(kOption, from)) {
    from += kOption.size();
    const size_t end = std::min(result.find('&', from), result.size());
    result.replace(from, end - from, "***");
  }
  return result;
}

Problem parse_value(std::string_view text, const Limits& limits, RedisUrl& value) {
  if (text.empty()) {
    value.text.clear();
    return std::nullopt;
  }
  const auto parsed = cache::redis::parse_url(text);
  if (const auto* problem = std::get_if<std::string>(&parsed)) return *problem;
  return parse_value(text, limits, value.text);
}

std::string print_value(const RedisUrl& value, const Limits&) {
  return hide_password(value.text);
}

}  // namespace dotring::appliance
