#include "tools/dotring/config/source.h"

#include <algorithm>

#include "tls/file.h"

namespace dotring::appliance {
namespace {

constexpr std::string_view kPrefix = "DOTRING_";

const Key* key_of_variable(std::string_view name) {
  for (const Key& key : keys()) {
    if (environment_name(key) == name) return &key;
  }
  return nullptr;
}

bool ends_like_a_port(std::string_view name) {
  // _PORT, _PORT_53_UDP, _PORT_53_UDP_ADDR, _PORT_53_UDP_PORT, _PORT_53_UDP_PROTO
  for (const std::string_view tail : {"_ADDR", "_PORT", "_PROTO"}) {
    if (name.ends_with(tail)) name.remove_suffix(tail.size());
  }
  for (const std::string_view tail : {"_TCP", "_UDP", "_SCTP"}) {
    if (name.ends_with(tail)) name.remove_suffix(tail.size());
  }
  while (!name.empty() && name.back() >= '0' && name.back() <= '9') name.remove_suffix(1);
  return name == "DOTRING" || name.ends_with("_PORT_") || name.ends_with("_PORT");
}

bool is_of_kubernetes(std::string_view name) {
  return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos ||
         ends_like_a_port(name);
}

/// "UPSTREAM_TIMEOUT_MS" as a key would be written, for the search of the nearest one.
std::string like_a_key(std::string_view variable) {
  std::string name(variable.substr(kPrefix.size()));
  for (char& letter : name) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  if (const size_t end = name.find('_'); end != std::string::npos) name[end] = '.';
  return name;
}

bool is_section(std::string_view name) {
  for (const Key& key : keys()) {
    if (key.section() == name) return true;
  }
  return false;
}

/// Not meant for us: neither in a section of ours nor close to a key.
bool is_of_others(std::string_view variable) {
  const std::string name = like_a_key(variable);
  const bool ours = is_section(name.substr(0, name.find('.'))) || nearest_key(name);
  return !ours || is_of_kubernetes(variable);
}

/// Text from outside as part of one line.
std::string as_line(std::string text, size_t size_max) {
  for (char& octet : text) {
    if (static_cast<unsigned char>(octet) < ' ' || octet == 0x7f) octet = '?';
  }
  if (text.size() > size_max) text.replace(size_max, std::string::npos, "...");
  return text;
}

}  // namespace

std::string ConfigError::to_line() const {
  std::string line = as_line(key, 100);
  if (!key.empty()) line += " = \"" + as_line(hide_password(value), 200) + "\"";
  if (!origin.empty())
    line += (line.empty() ? "" : " (") + as_line(origin, 300) + (key.empty() ? "" : ")");
  return line + ": " + as_line(problem, 600);
}

std::string explain_unknown(std::string_view name) {
  const Key* nearest = nearest_key(name);
  if (nearest) return "not a key; did you mean " + std::string(nearest->name) + "?";
  return "not a key; `dotring --print-config` shows all";
}

Settings settings_of_file(const std::string& path) {
  std::string text;
  if (const auto failure = tls::read_file(path, text)) {
    return ConfigError{"--config", path, "",
                       "cannot be read: " + *failure + "; give the path of a TOML file"};
  }
  return settings_of_toml(text, path);
}

Settings settings_of_environment(std::span<const std::string_view> variables) {
  std::vector<Setting> settings;
  for (const std::string_view variable : variables) {
    const std::string_view name = variable.substr(0, variable.find('='));
    if (!name.starts_with(kPrefix) || name == "DOTRING_CONFIG") continue;
    const std::string_view value = variable.substr(std::min(name.size() + 1, variable.size()));
    const Key* key = key_of_variable(name);
    if (!key && is_of_others(name)) continue;
    if (!key) {
      return ConfigError{std::string(name), std::string(value), "environment",
                         explain_unknown(like_a_key(name))};
    }
    settings.push_back(
        {std::string(key->name), split_items(*key, value), "environment " + std::string(name)});
  }
  return settings;
}

std::optional<ConfigError> apply_settings(std::span<const Setting> settings,
                                          Configuration& configuration) {
  for (const Setting& setting : settings) {
    const std::string value = join_items(setting.items);
    const Key* key = find_key(setting.name);
    if (!key)
      return ConfigError{setting.name, value, setting.origin, explain_unknown(setting.name)};
    if (Problem problem = key->set(configuration, key->limits, setting.items)) {
      return ConfigError{setting.name, value, setting.origin, *problem};
    }
  }
  return std::nullopt;
}

}  // namespace dotring::appliance
