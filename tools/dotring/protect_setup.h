// Access lists, rate limits and cookies as configured: files read, checked once at the start.
//
// What it is: what all workers share of them. What it is not: a guard (each worker has its own).

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/io/clock.h"
#include "tools/dotring/config/configuration.h"
#include "tools/dotring/config/source.h"

namespace dotring::appliance {

class ProtectSetup {
 public:
  /// Reads the files that `configuration` names. Not null: which key is wrong, and why.
  std::optional<ConfigError> open(const Configuration& configuration, Random& random);

  /// What a guard needs; what is off is null. `clock` outlives it.
  protect::Guard::Parts parts(const io::Clock& clock);
  /// Null: everybody may ask.
  const protect::AccessList* access() const { return access_ ? &*access_ : nullptr; }
  /// The number of the listener at `address`, one of listen.dns as configured: what its queries
  /// say.
  uint16_t listener_number(const Endpoint& address) const;
  /// Everybody may ask as often as they like, from addresses that nobody checked.
  bool open_to_everybody() const {
    return !access_ && !all_restricted() && !(rate_ && rate_->limits(protect::Proof::None));
  }
  /// Files with secrets that others may read.
  const std::vector<std::string>& exposed_files() const { return exposed_files_; }
  /// Octets that rate limits take.
  static uint64_t memory_max(const ProtectOptions& options);

 private:
  std::optional<ConfigError> open_access(const ProtectOptions& options);
  std::optional<ConfigError> open_listeners(const Configuration& configuration);
  bool all_restricted() const { return listeners_ && listeners_->restricts_all(addresses_.size()); }
  std::optional<ConfigError> open_cookies(const ProtectOptions& options, Random& random);
  std::optional<ConfigError> read_secret(const std::string& key, const std::string& path);

  std::optional<protect::AccessList> access_;
  std::vector<Endpoint> addresses_;
  std::optional<protect::ListenerAccess> listeners_;
  std::optional<protect::RateLimiter> rate_;
  std::optional<protect::ServerCookies> cookies_;
  std::vector<protect::ServerCookies::Secret> secrets_;
  std::vector<std::string> exposed_files_;
};

}  // namespace dotring::appliance
