// Where settings come from: a TOML file, the environment, the command line; and applying them in
// order.
//
// What it is: text to settings, settings to a Configuration, with an error that names the place.
// What it is not: the search for files, or the process's own environment (main hands that in).

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/dotring/config/configuration.h"
#include "tools/dotring/config/key.h"

namespace dotring::appliance {

/// One key as somebody wrote it, not yet understood.
struct Setting {
  std::string name;
  std::vector<std::string> items;
  /// "dotring.toml line 3", "environment DOTRING_LOG_LEVEL", "command line".
  std::string origin;
};

/// Why a configuration is refused.
struct ConfigError {
  std::string key;
  std::string value;
  std::string origin;
  std::string problem;

  /// One line: key, value, where, why and what would do.
  std::string to_line() const;
};

/// Settings, or why there are none.
using Settings = std::variant<std::vector<Setting>, ConfigError>;

/// `path` is only for messages.
Settings settings_of_toml(std::string_view text, const std::string& path);
Settings settings_of_file(const std::string& path);
/// `variables`: "NAME=VALUE". Only names that start with DOTRING_ count. Those that are of a
/// section of ours or close to a key must be keys; others are passed over: DOTRING_CONFIG is the
/// program's, and Kubernetes gives every container names for a service that is called dotring
/// (DOTRING_SERVICE_HOST, DOTRING_PORT_53_UDP).
Settings settings_of_environment(std::span<const std::string_view> variables);

/// Applies in order: later settings replace earlier ones. Unknown keys and bad values are refused,
/// even where a later setting would replace them. At the first error nothing more is applied.
std::optional<ConfigError> apply_settings(std::span<const Setting> settings,
                                          Configuration& configuration);
/// "not a key; did you mean upstream.timeout_ms?".
std::string explain_unknown(std::string_view name);

}  // namespace dotring::appliance
