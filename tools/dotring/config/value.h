// The values that configuration keys take: text to value and back.
//
// What it is: one parse_value() and one print_value() per type. Whatever print_value() writes,
// parse_value() reads as the same value.
// What it is not: keys, files or sources (key.h, source.h).

#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"
#include "engine/protect/network.h"
#include "tls/trust.h"

namespace dotring::appliance {

/// Why a value is refused, and what would be accepted: "not a whole number; give 1 to 64". Null:
/// fine.
using Problem = std::optional<std::string>;

/// What a number may be; none is negative. Sizes in bytes are written with a unit ("64MiB").
struct Limits {
  uint64_t min = 0;
  uint64_t max = std::numeric_limits<uint64_t>::max();
  bool bytes = false;
  bool power_of_two = false;
};

/// A DNS server that is asked over TLS (RFC 7858, 8310).
struct UpstreamAddress {
  Endpoint endpoint;
  /// The name in the server's certificate; empty: its address, or only the pins.
  std::string auth_name;
  /// Of accepted public keys (SPKI, RFC 7858, 4.2).
  std::vector<tls::SpkiPin> pins;
  uint32_t weight = 1;

  friend bool operator==(const UpstreamAddress&, const UpstreamAddress&) = default;
};

/// Networks that may ask one of our addresses, as `192.0.2.1:53 10.0.0.0/8 10.9.0.0/16`.
struct ListenerNetworks {
  Endpoint listener;
  std::vector<protect::Network> networks;

  friend bool operator==(const ListenerNetworks&, const ListenerNetworks&) = default;
};

/// Who may do what with a file, as chmod(1) takes it: "0660".
struct FileMode {
  uint32_t bits = 0660;

  friend bool operator==(const FileMode&, const FileMode&) = default;
};

/// Where Redis is, as cache/redis/url.h reads it. Printed without the password.
struct RedisUrl {
  std::string text;

  friend bool operator==(const RedisUrl&, const RedisUrl&) = default;
};
/// `text` with *** in the place of what a URL in it has for passwords.
std::string hide_password(std::string_view text);

/// Specialized for each enumeration that is a value: the names in the order of the enumerators.
template <typename Enum>
struct NamesOf;

template <typename Enum>
concept NamedEnum = requires {
  NamesOf<Enum>::kNames.size();
};

Problem parse_number(std::string_view text, const Limits& limits, uint64_t& value);
std::string print_number(uint64_t value, const Limits& limits);
/// The sentence after "give": "a whole number from 1 to 64", "a size from 1MiB to 1TiB"....
std::string describe_number(const Limits& limits);
Problem parse_name(std::string_view text, std::span<const std::string_view> names, size_t& index);
std::string join(std::span<const std::string_view> names, std::string_view separator);

Problem parse_value(std::string_view text, const Limits& limits, bool& value);
Problem parse_value(std::string_view text, const Limits& limits, std::string& value);
Problem parse_value(std::string_view text, const Limits& limits, Endpoint& value);
Problem parse_value(std::string_view text, const Limits& limits, UpstreamAddress& value);
Problem parse_value(std::string_view text, const Limits& limits, protect::Network& value);
Problem parse_value(std::string_view text, const Limits& limits, ListenerNetworks& value);
Problem parse_value(std::string_view text, const Limits& limits, FileMode& value);

Problem parse_value(std::string_view text, const Limits& limits, RedisUrl& value);

std::string print_value(const RedisUrl& value, const Limits& limits);
std::string print_value(bool value, const Limits& limits);
std::string print_value(const std::string& value, const Limits& limits);
std::string print_value(const Endpoint& value, const Limits& limits);
std::string print_value(const UpstreamAddress& value, const Limits& limits);
std::string print_value(const protect::Network& value, const Limits& limits);
std::string print_value(const ListenerNetworks& value, const Limits& limits);
std::string print_value(const FileMode& value, const Limits& limits);

template <std::integral Number>
constexpr Limits clipped(const Limits& limits) {
  constexpr auto kLargest = static_cast<uint64_t>(std::numeric_limits<Number>::max());
  Limits result = limits;
  result.max = std::min(limits.max, kLargest);
  return result;
}

template <std::integral Number>
Problem parse_value(std::string_view text, const Limits& limits, Number& value) {
  uint64_t wide = 0;
  Problem problem = parse_number(text, clipped<Number>(limits), wide);
  if (!problem) value = static_cast<Number>(wide);
  return problem;
}

template <std::integral Number>
std::string print_value(Number value, const Limits& limits) {
  return print_number(static_cast<uint64_t>(value), limits);
}

template <NamedEnum Enum>
Problem parse_value(std::string_view text, const Limits&, Enum& value) {
  size_t index = 0;
  Problem problem = parse_name(text, NamesOf<Enum>::kNames, index);
  if (!problem) value = static_cast<Enum>(index);
  return problem;
}

template <NamedEnum Enum>
std::string print_value(Enum value, const Limits&) {
  return std::string(NamesOf<Enum>::kNames[static_cast<size_t>(value)]);
}

/// Empty text stands for nothing.
template <typename Value>
Problem parse_value(std::string_view text, const Limits& limits, std::optional<Value>& value) {
  if (text.empty()) {
    value.reset();
    return std::nullopt;
  }
  Value parsed{};
  Problem problem = parse_value(text, limits, parsed);
  if (!problem) value = parsed;
  return problem;
}

template <typename Value>
std::string print_value(const std::optional<Value>& value, const Limits& limits) {
  return value ? print_value(*value, limits) : std::string();
}

}  // namespace dotring::appliance
