// Binds a key to a member of Configuration: type of the value, its parser, its printer, its
// description, from the member's type alone. Only keys.cc needs it.

#pragma once

#include "tools/dotring/config/key.h"

namespace dotring::appliance::binding {

template <typename Value>
struct IsVector : std::false_type {};
template <typename Item>
struct IsVector<std::vector<Item>> : std::true_type {};

template <typename Value>
constexpr Form form_of() {
  if (IsVector<Value>::value) return Form::List;
  return std::integral<Value> ? Form::Bare : Form::Quoted;
}

inline std::string describe_type(const bool*, const Limits&) {
  return "true or false";
}
inline std::string describe_type(const std::string*, const Limits&) {
  return "text";
}
inline std::string describe_type(const Endpoint*, const Limits&) {
  return "address and port";
}
inline std::string describe_type(const UpstreamAddress*, const Limits&) {
  return "tls://ADDRESS[:PORT][?pin=BASE64&weight=NUMBER][#AUTH-NAME]";
}
inline std::string describe_type(const protect::Network*, const Limits&) {
  return "networks (192.0.2.0/24, 2001:db8::/32)";
}
inline std::string describe_type(const ListenerNetworks*, const Limits&) {
  return "address, port and networks (192.0.2.1:53 10.0.0.0/8 10.9.0.0/16)";
}
inline std::string describe_type(const FileMode*, const Limits&) {
  return "permissions (0660)";
}
inline std::string describe_type(const RedisUrl*, const Limits&) {
  return "redis://HOST[:PORT][/DATABASE], rediss://..., unix:///PATH, redis+cluster://HOST,HOST, "
         "redis+sentinel://HOST,HOST/MASTER, or empty";
}
template <std::integral Number>
std::string describe_type(const Number*, const Limits& limits) {
  return describe_number(clipped<Number>(limits));
}
template <NamedEnum Enum>
std::string describe_type(const Enum*, const Limits&) {
  return join(NamesOf<Enum>::kNames, ", ");
}
template <typename Value>
std::string describe_type(const std::optional<Value>*, const Limits& limits) {
  return describe_type(static_cast<const Value*>(nullptr), limits) + ", or empty";
}
template <typename Item>
std::string describe_type(const std::vector<Item>*, const Limits& limits) {
  return "list of " + describe_type(static_cast<const Item*>(nullptr), limits);
}

template <typename Value>
Problem set_items(Value& value, const Limits& limits, std::span<const std::string> items) {
  if (items.size() != 1) return "a list; give one value";
  return parse_value(items[0], limits, value);
}

template <typename Item>
Problem set_items(std::vector<Item>& value, const Limits& limits,
                  std::span<const std::string> items) {
  std::vector<Item> parsed(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    if (Problem problem = parse_value(items[i], limits, parsed[i])) return problem;
  }
  value = std::move(parsed);
  return std::nullopt;
}

template <typename Value>
std::vector<std::string> get_items(const Value& value, const Limits& limits) {
  return {print_value(value, limits)};
}

template <typename Item>
std::vector<std::string> get_items(const std::vector<Item>& value, const Limits& limits) {
  std::vector<std::string> items;
  for (const Item& item : value) items.push_back(print_value(item, limits));
  return items;
}

/// `kMember` gives the reference to the member, of a constant Configuration too.
template <auto kMember>
constexpr Key key(std::string_view name, std::string_view meaning, Limits limits = {}) {
  using Value = std::remove_cvref_t<decltype(kMember(std::declval<Configuration&>()))>;
  return {
      name,
      meaning,
      limits,
      form_of<Value>(),
      [](const Limits& range) { return describe_type(static_cast<const Value*>(nullptr), range); },
      [](Configuration& configuration, const Limits& range, std::span<const std::string> items) {
        return set_items(kMember(configuration), range, items);
      },
      [](const Configuration& configuration, const Limits& range) {
        return get_items(kMember(configuration), range);
      },
      [](const Configuration& one, const Configuration& other) {
        return kMember(one) == kMember(other);
      }};
}

/// The same for a key that a reload may change: whoever holds its value takes another one.
template <auto kMember>
constexpr Key live(std::string_view name, std::string_view meaning, Limits limits = {}) {
  Key result = key<kMember>(name, meaning, limits);
  result.live = true;
  return result;
}

}  // namespace dotring::appliance::binding
