// The table. To add a key: a member in a part's options (its default is the default), a line here.

#include <array>

#include "tools/dotring/config_key.h"

namespace dotring::appliance {

template <>
struct NamesOf<LogLevel> {
  static constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
};
template <>
struct NamesOf<LogFormat> {
  static constexpr std::array<std::string_view, 2> kNames = {"json", "text"};
};
template <>
struct NamesOf<Authentication> {
  static constexpr std::array<std::string_view, 2> kNames = {"strict", "opportunistic"};
};

namespace {

template <typename Value>
struct IsVector : std::false_type {};
template <typename Item>
struct IsVector<std::vector<Item>> : std::true_type {};

template <typename Value>
constexpr Form form_of() {
  if (IsVector<Value>::value) return Form::List;
  return std::integral<Value> ? Form::Bare : Form::Quoted;
}

std::string describe_type(const bool*, const Limits&) {
  return "true or false";
}
std::string describe_type(const std::string*, const Limits&) {
  return "text";
}
std::string describe_type(const Endpoint*, const Limits&) {
  return "address and port";
}
std::string describe_type(const UpstreamAddress*, const Limits&) {
  return "tls://ADDRESS[:PORT][?pin=BASE64][#AUTH-NAME]";
}
template <std::unsigned_integral Number>
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
      }};
}

constexpr Limits from(uint64_t min, uint64_t max) {
  return {min, max, false};
}
constexpr Limits bytes(uint64_t min, uint64_t max) {
  return {min, max, true};
}

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kTiB = uint64_t{1} << 40;

// clang-format off
const Key kKeys[] = {
    key<[](auto& c) -> auto& { return c.listen_dns; }>(
        "listen.dns", "where clients ask, by UDP and TCP; at least one"),

    key<[](auto& c) -> auto& { return c.upstream_servers; }>(
        "upstream.servers", "the servers that are asked over TLS; port 853 unless written; pins are base64 of SHA-256 of the public key"),
    key<[](auto& c) -> auto& { return c.upstream_ca_file; }>(
        "upstream.ca_file", "PEM file with the authorities that are trusted; empty: the system's"),
    key<[](auto& c) -> auto& { return c.upstream_authentication; }>(
        "upstream.authentication", "opportunistic encrypts to whoever answers: anyone on the way can read and change answers"),
    key<[](auto& c) -> auto& { return c.upstream_connections; }>(
        "upstream.connections", "streams per server and worker", from(1, 64)),
    key<[](auto& c) -> auto& { return c.upstream_timeout_ms; }>(
        "upstream.timeout_ms", "the deadline of a query, retries included", from(100, 60'000)),

    key<[](auto& c) -> auto& { return c.cache_memory; }>(
        "cache.memory", "the bound of the cache, shared by all workers", bytes(kMiB, kTiB)),

    key<[](auto& c) -> auto& { return c.workers; }>(
        "engine.workers", "threads that answer; 0: one per core that the process may use", from(0, 256)),

    key<[](auto& c) -> auto& { return c.drain_ms; }>(
        "life.drain_ms", "time for queries in flight after SIGTERM or SIGINT", from(0, 600'000)),

    key<[](auto& c) -> auto& { return c.admin.listen; }>(
        "admin.listen", "where /metrics, /healthz and /readyz are served over HTTP; empty: nowhere"),
    key<[](auto& c) -> auto& { return c.admin.connections_max; }>(
        "admin.connections_max", "HTTP connections at a time", from(1, 1024)),
    key<[](auto& c) -> auto& { return c.admin.timeout_s; }>(
        "admin.timeout_s", "an HTTP connection that is silent for so long is closed", from(1, 3600)),

    key<[](auto& c) -> auto& { return c.log.level; }>(
        "log.level", "the least severe lines that are written"),
    key<[](auto& c) -> auto& { return c.log.format; }>(
        "log.format", "one JSON object per line, or text"),
    key<[](auto& c) -> auto& { return c.log.names; }>(
        "log.names", "names and client addresses may appear in log lines"),
    key<[](auto& c) -> auto& { return c.log.queue_lines_max; }>(
        "log.queue_lines_max", "lines that wait for their reader; above it the oldest are dropped and counted", from(16, 65'536)),
};
// clang-format on

}  // namespace

std::span<const Key> keys() {
  return kKeys;
}

}  // namespace dotring::appliance
