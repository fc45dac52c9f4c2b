// Access lists, rate limits and cookies as configured: files read and checked, at the start and by
// each reload.
//
// What it is: what all workers share of them, immutable once open; a reload makes another one. What
// it is not: a guard (each worker has its own).

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/io/clock.h"
#include "tools/dotring/config/configuration.h"
#include "tools/dotring/config/file_contents.h"
#include "tools/dotring/config/source.h"

namespace dotring::appliance {

class ProtectSetup {
 public:
  /// Reads the files that `configuration` names. Not null: which key is wrong, and why. `before`:
  /// the one that this is to replace, whose clients keep their limits and cookies where the
  /// configuration lets them.
  std::optional<ConfigError> open(const Configuration& configuration, Random& random,
                                  const ProtectSetup* before = nullptr);

  /// What a guard needs; what is off is null. `clock` outlives it.
  protect::Guard::Parts parts(const io::Clock& clock) const;
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
  /// What was in the files.
  const FileContents& contents() const { return contents_; }
  /// Octets that the limits take.
  static uint64_t memory_max(const ProtectOptions& options);

 private:
  std::optional<ConfigError> open_access(const ProtectOptions& options);
  std::optional<ConfigError> open_listeners(const Configuration& configuration);
  bool all_restricted() const { return listeners_ && listeners_->restricts_all(addresses_.size()); }
  std::optional<ConfigError> add_file(const std::string& key, const std::string& path,
                                      std::vector<protect::Network>& networks);
  void open_rate(const ProtectOptions& options, Random& random, const ProtectSetup* before);
  void open_responses(const ProtectOptions& options, Random& random, const ProtectSetup* before);
  std::optional<ConfigError> open_cookies(const ProtectOptions& options, Random& random,
                                          const ProtectSetup* before);
  std::optional<ConfigError> read_secret(const std::string& key, const std::string& path);

  std::optional<protect::AccessList> access_;
  std::vector<Endpoint> addresses_;
  std::optional<protect::ListenerAccess> listeners_;
  std::shared_ptr<protect::RateLimiter> rate_;
  std::shared_ptr<protect::ResponseLimiter> responses_;
  std::optional<protect::ServerCookies> cookies_;
  std::vector<protect::ServerCookies::Secret> secrets_;
  /// Drawn here where no file has one; lasts as long as the process.
  std::optional<protect::ServerCookies::Secret> own_secret_;
  std::vector<std::string> exposed_files_;
  FileContents contents_;
};

}  // namespace dotring::appliance
