// The configuration in force, with everything that was read and made for it before it came into
// force.
//
// What it is: immutable once open, shared by all threads, replaced as a whole by a reload. Whoever
// uses a part of it holds all of it, so nothing is freed under anybody. What it is not: what
// workers keep for themselves (sockets, streams, pipelines), or what outlives every configuration
// (the cache in memory, limits that count over all workers).

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/base/random.h"
#include "tls/context.h"
#include "tools/dotring/audit/audit.h"
#include "tools/dotring/config/configuration.h"
#include "tools/dotring/config/source.h"
#include "tools/dotring/protect_setup.h"
#include "tools/dotring/redis_setup.h"

namespace dotring::appliance {

struct InForce {
  explicit InForce(const Configuration& wanted) : configuration(wanted) {}

  /// Reads the files that the configuration names and makes what it needs, all but sockets. Not
  /// null: which key is wrong, and why. `before`: what this is to replace; parts that are the same
  /// are taken from it. `flushes` outlives it.
  std::optional<ConfigError> open(Random& random, cache::tiers::FlushLog& flushes,
                                  const InForce* before = nullptr);
  /// Of all files that were read.
  FileContents contents() const;
  /// Files with secrets that others may read.
  std::vector<std::string> exposed_files() const;

  const Configuration configuration;
  std::shared_ptr<const tls::ClientContext> tls;
  std::shared_ptr<const ProtectSetup> protect;
  /// Null: no second level of the cache.
  std::shared_ptr<RedisSetup> redis;
  /// Checked; who brings it into force prepares and starts it.
  std::shared_ptr<Audit> audit;

 private:
  std::optional<ConfigError> open_tls(const InForce* before);
  std::optional<ConfigError> open_redis(cache::tiers::FlushLog& flushes, const InForce* before);
  std::optional<ConfigError> open_audit(Random& random, const InForce* before);
  bool same_redis(const RedisSetup& next, const InForce& before) const;
};

}  // namespace dotring::appliance
