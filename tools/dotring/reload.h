// A reload of the configuration: what came of it, and who has a say in it.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tools/dotring/config/source.h"

namespace dotring::appliance {

/// For all workers to take a configuration; one that does not turn for so long is stuck, and the
/// reload refused.
inline constexpr std::chrono::seconds kReloadWait{10};

/// All or nothing: with a refusal nothing has changed.
struct ReloadResult {
  /// Keys with another value, or whose file has other contents; empty: all was as it is.
  std::vector<std::string> changed;
  /// Key, value and why.
  std::optional<ConfigError> refusal;
};

/// What a reload needs of main. Called by whoever calls Appliance::reload(), one at a time.
struct ReloadHooks {
  /// File, environment and command line, read again.
  std::function<std::variant<Configuration, ConfigError>()> read;
  /// Before and after, whatever comes of it (systemd's RELOADING and READY); may be empty.
  std::function<void()> begins;
  std::function<void()> ends;
};

}  // namespace dotring::appliance
