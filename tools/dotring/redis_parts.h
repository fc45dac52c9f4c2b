// One worker's part of Redis: its connections, both levels of the cache as one store, and, on one
// worker of all, the flushes of other appliances.
//
// Everything runs on the worker's thread, unless it says otherwise.

#pragma once

#include <memory>
#include <optional>

#include "cache/redis/client.h"
#include "cache/tiers/flush_keeper.h"
#include "cache/tiers/tiers.h"
#include "engine/base/random.h"
#include "tls/tls_statistics.h"
#include "tools/dotring/metrics/sources.h"
#include "tools/dotring/redis_setup.h"

namespace dotring::appliance {

class RedisParts {
 public:
  /// All references but `options` outlive it. `keeps_flushes`: on exactly one worker.
  RedisParts(const RedisOptions& options, std::shared_ptr<const RedisSetup> setup,
             cache::MemoryStore& memory, io::Loop& loop, Random& random, bool keeps_flushes);

  query::AnswerStore& store() { return tiers_; }
  void start();
  /// Whoever still waits for Redis is told that it failed, from inside this call.
  void stop();
  bool active() const { return client_.active(); }
  /// The flush log has something new; only where flushes are kept.
  void tell_flush() { keeper_->tell(); }

  /// From any thread.
  void add_to(MetricSources& sources) const;
  static uint64_t memory_max(const RedisOptions& options);

 private:
  const std::shared_ptr<const RedisSetup> setup_;
  tls::TlsStatistics tls_statistics_;
  std::unique_ptr<cache::redis::Dialer> dialer_;
  cache::redis::Client client_;
  cache::tiers::Tiers tiers_;
  std::optional<cache::tiers::FlushKeeper> keeper_;
};

}  // namespace dotring::appliance
