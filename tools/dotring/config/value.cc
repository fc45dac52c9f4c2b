#include "tools/dotring/config/value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <utility>

namespace dotring::appliance {
namespace {

struct SizeUnit {
  std::string_view name;
  int shift;
};

// From large to small, so that printing finds the largest that divides.
constexpr std::array<SizeUnit, 5> kSizeUnits = {
    {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}}};

constexpr uint16_t kDnsOverTlsPort = 853;

// The shift of the unit at the end of `text`, which is cut off; no unit: bytes.
int take_unit(std::string_view& text) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    while (text.ends_with(' ')) text.remove_suffix(1);
    return unit.shift;
  }
  return 0;
}

bool parse_digits(std::string_view text, uint64_t& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && !text.empty();
}

bool is_auth_name(std::string_view text) {
  const bool clean = text.find_first_of(" /?#:\"\\") == std::string_view::npos;
  return !text.empty() && text.size() <= 253 && clean;
}

constexpr std::string_view kUpstreamForm =
    "give tls://ADDRESS[:PORT][?pin=BASE64&weight=NUMBER][#AUTH-NAME]";

Problem refuse_scheme(std::string_view text) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos) return "no scheme; " + std::string(kUpstreamForm);
  return "dotring asks upstream over TLS only, not over " + std::string(text.substr(0, end)) +
         "; " + std::string(kUpstreamForm);
}

Problem take_auth_name(std::string_view& rest, UpstreamAddress& value) {
  const size_t hash = rest.find('#');
  if (hash == std::string_view::npos) return std::nullopt;
  value.auth_name = rest.substr(hash + 1);
  rest = rest.substr(0, hash);
  if (is_auth_name(value.auth_name)) return std::nullopt;
  return "the name after '#' is not a host name; " + std::string(kUpstreamForm);
}

Problem take_pin(std::string_view text, UpstreamAddress& value) {
  const std::optional<tls::SpkiPin> pin = tls::parse_spki_pin(text);
  if (!pin)
    return "'" + std::string(text) +
           "' is no pin; give base64 of the SHA-256 of the public key (44 characters)";
  value.pins.push_back(*pin);
  return std::nullopt;
}

Problem take_option(std::string_view option, UpstreamAddress& value) {
  const std::string_view name = option.substr(0, option.find('='));
  const std::string_view text = option.substr(std::min(name.size() + 1, option.size()));
  if (name == "pin") return take_pin(text, value);
  if (name == "weight") return parse_value(text, Limits{1, 1000, false, false}, value.weight);
  return "'" + std::string(name) + "' is not an option of a server; " + std::string(kUpstreamForm);
}

Problem take_options(std::string_view& rest, UpstreamAddress& value) {
  const size_t question = rest.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  std::string_view options = rest.substr(question + 1);
  rest = rest.substr(0, question);
  do {
    const std::string_view option = options.substr(0, options.find('&'));
    options.remove_prefix(std::min(option.size() + 1, options.size()));
    if (Problem problem = take_option(option, value)) return problem;
  } while (!options.empty());
  return std::nullopt;
}

std::string describe_size(const Limits& limits) {
  return "a size from " + print_number(limits.min, limits) + " to " +
         print_number(limits.max, limits);
}

}  // namespace

std::string print_number(uint64_t value, const Limits& limits) {
  if (!limits.bytes) return std::to_string(value);
  for (const SizeUnit& unit : kSizeUnits) {
    if (value != 0 && (value & ((uint64_t{1} << unit.shift) - 1)) == 0) {
      return std::to_string(value >> unit.shift) + std::string(unit.name);
    }
  }
  return "0B";
}

std::string describe_number(const Limits& limits) {
  if (limits.bytes) return describe_size(limits);
  const std::string kind = limits.power_of_two ? "a power of two" : "a whole number";
  return kind + " from " + std::to_string(limits.min) + " to " + std::to_string(limits.max);
}

Problem parse_number(std::string_view text, const Limits& limits, uint64_t& value) {
  std::string_view digits = text;
  const int shift = limits.bytes ? take_unit(digits) : 0;
  uint64_t parsed = 0;
  if (!parse_digits(digits, parsed)) {
    return std::string(limits.bytes ? "not a size" : "not a whole number") + "; give " +
           describe_number(limits);
  }
  const bool overflow = (parsed << shift) >> shift != parsed;
  if (overflow || (parsed << shift) < limits.min || (parsed << shift) > limits.max) {
    return "out of range; give " + describe_number(limits);
  }
  if (limits.power_of_two && !std::has_single_bit(parsed << shift)) {
    return "not a power of two; give " + describe_number(limits);
  }
  value = parsed << shift;
  return std::nullopt;
}

std::string join(std::span<const std::string_view> names, std::string_view separator) {
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += separator;
    joined += name;
  }
  return joined;
}

Problem parse_name(std::string_view text, std::span<const std::string_view> names, size_t& index) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] != text) continue;
    index = i;
    return std::nullopt;
  }
  return "not known; give one of " + join(names, ", ");
}

Problem parse_value(std::string_view text, const Limits&, bool& value) {
  if (text != "true" && text != "false") return "neither true nor false; give one of them";
  value = text == "true";
  return std::nullopt;
}

Problem parse_value(std::string_view text, const Limits&, std::string& value) {
  for (const char octet : text) {
    if (static_cast<unsigned char>(octet) < ' ' || octet == 0x7f) {
      return "contains a control character; leave it out";
    }
  }
  value = text;
  return std::nullopt;
}

Problem parse_value(std::string_view text, const Limits&, Endpoint& value) {
  const std::optional<Endpoint> parsed = Endpoint::parse(text);
  if (!parsed) {
    return "not an address and port; give 192.0.2.1:53 or [2001:db8::1]:53";
  }
  value = *parsed;
  return std::nullopt;
}

Problem parse_value(std::string_view text, const Limits&, UpstreamAddress& value) {
  constexpr std::string_view kScheme = "tls://";
  if (!text.starts_with(kScheme)) return refuse_scheme(text);
  std::string_view rest = text.substr(kScheme.size());
  UpstreamAddress parsed;
  if (Problem problem = take_auth_name(rest, parsed)) return problem;
  if (Problem problem = take_options(rest, parsed)) return problem;
  const std::optional<Endpoint> endpoint = Endpoint::parse(rest, kDnsOverTlsPort);
  // Without brackets nobody can tell the port of an IPv6 address from its last group.
  const bool ambiguous = !rest.starts_with('[') && std::count(rest.begin(), rest.end(), ':') > 1;
  if (!endpoint || endpoint->port == 0 || ambiguous) {
    return "'" + std::string(rest) +
           "' is not an IP address with or without port (IPv6 in brackets); " +
           std::string(kUpstreamForm);
  }
  parsed.endpoint = *endpoint;
  value = std::move(parsed);
  return std::nullopt;
}

Problem parse_value(std::string_view text, const Limits&, protect::Network& value) {
  const std::optional<protect::Network> parsed = protect::Network::parse(text);
  if (!parsed) {
    return "'" + std::string(text) +
           "' is not a network, or has bits set behind its prefix; give 192.0.2.0/24 or "
           "2001:db8::/32";
  }
  value = *parsed;
  return std::nullopt;
}

Problem parse_value(std::string_view text, const Limits& limits, ListenerNetworks& value) {
  const size_t end = std::min(text.find(' '), text.size());
  ListenerNetworks parsed;
  if (Problem problem = parse_value(text.substr(0, end), limits, parsed.listener)) return problem;
  for (text.remove_prefix(end); !text.empty();) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (word.empty()) continue;
    if (Problem problem = parse_value(word, limits, parsed.networks.emplace_back())) return problem;
  }
  if (parsed.networks.empty()) {
    return "no network behind the address; give 192.0.2.1:53 10.0.0.0/8 2001:db8::/32";
  }
  value = std::move(parsed);
  return std::nullopt;
}

Problem parse_value(std::string_view text, const Limits&, FileMode& value) {
  constexpr uint32_t kBitsMax = 0777;
  uint32_t bits = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, bits, 8);
  const bool octal = error == std::errc() && rest == end && text.size() <= 4;
  if (!octal || bits > kBitsMax) return "not permissions as chmod takes them; give 0660";
  value.bits = bits;
  return std::nullopt;
}

std::string print_value(const FileMode& value, const Limits&) {
  std::string text = "0000";
  for (size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<char>('0' + (value.bits >> (9 - 3 * i) & 7));
  }
  return text;
}

std::string print_value(const protect::Network& value, const Limits&) {
  return value.to_text();
}

std::string print_value(const ListenerNetworks& value, const Limits& limits) {
  std::string text = value.listener.to_text();
  for (const protect::Network& network : value.networks) text += " " + print_value(network, limits);
  return text;
}

std::string print_value(bool value, const Limits&) {
  return value ? "true" : "false";
}

std::string print_value(const std::string& value, const Limits&) {
  return value;
}

std::string print_value(const Endpoint& value, const Limits&) {
  return value.to_text();
}

std::string print_value(const UpstreamAddress& value, const Limits&) {
  std::string text = "tls://" + value.endpoint.to_text();
  char separator = '?';
  const auto add = [&](const std::string& option) {
    text += std::exchange(separator, '&') + option;
  };
  for (const tls::SpkiPin& pin : value.pins) add("pin=" + tls::to_text(pin));
  if (value.weight != 1) add("weight=" + std::to_string(value.weight));
  if (!value.auth_name.empty()) text += "#" + value.auth_name;
  return text;
}

}  // namespace dotring::appliance
