// Redis as configured: URL, password, seal and certificates, read and checked, at the start and by
// each reload.
//
// What it is: what all workers share of it. What it is not: connections (redis_parts.h has each
// worker's).

#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cache/redis/options.h"
#include "cache/tiers/flush_log.h"
#include "cache/tiers/seal_key.h"
#include "engine/io/clock.h"
#include "tls/context.h"
#include "tools/dotring/config/configuration.h"
#include "tools/dotring/config/file_contents.h"
#include "tools/dotring/config/source.h"
#include "tools/dotring/log/log.h"

namespace dotring::appliance {

/// What the log hears of Redis servers: one line per change, however many workers notice it. Of
/// maps that changed, and of what is refused, one in kRepeatMs that says the same.
class RedisJournal {
 public:
  /// An idle worker notices another map at its next regular look, a minute later.
  static constexpr uint64_t kRepeatMs = 90'000;

  explicit RedisJournal(Log& log) : log_(log) {}

  /// From any thread.
  void on_event(const cache::redis::Event& event) { on_event(event, clock_.monotonic_us() / 1000); }
  void on_event(const cache::redis::Event& event, uint64_t now_ms);

 private:
  using Kind = cache::redis::Event::Kind;

  bool is_news(const cache::redis::Event& event, uint64_t now_ms);
  bool is_another(const std::string& about, Kind kind);
  bool is_due(const std::string& about, uint64_t now_ms);

  Log& log_;
  const io::Clock clock_{};
  std::mutex mutex_;                       ///< of what follows
  std::map<std::string, Kind> told_;       ///< by server and what it is about
  std::map<std::string, uint64_t> again_;  ///< by server and detail: when it is told again
  std::string master_;                     ///< told last
};

class RedisSetup {
 public:
  /// `flushes` outlives it.
  explicit RedisSetup(cache::tiers::FlushLog& flushes) : flushes_(flushes) {}

  /// Reads the files that `configuration` names. Not null: which key is wrong, and why.
  std::optional<ConfigError> open(const Configuration& configuration);

  /// False: no Redis is configured.
  bool enabled() const { return enabled_; }
  const cache::redis::Options& options() const { return options_; }
  const std::vector<cache::tiers::SealKey>& seal_keys() const { return seal_keys_; }
  cache::tiers::FlushLog& flushes() const { return flushes_; }
  /// Null without TLS.
  const tls::ClientContext* tls() const { return options_.target.tls ? &tls_ : nullptr; }
  /// Files with secrets that others may read.
  const std::vector<std::string>& exposed_files() const { return exposed_files_; }
  /// What was in the files.
  const FileContents& contents() const { return contents_; }

  void tell(std::function<void(const cache::redis::Event&)> on_event) {
    options_.on_event = std::move(on_event);
  }

 private:
  std::optional<ConfigError> open_url(const RedisOptions& redis);
  std::optional<ConfigError> read_seal_key(const std::string& key, const std::string& path);
  std::optional<ConfigError> read_secret(const std::string& key, const std::string& path,
                                         std::string& content);

  bool enabled_ = false;
  cache::redis::Options options_;
  std::vector<cache::tiers::SealKey> seal_keys_;
  cache::tiers::FlushLog& flushes_;
  tls::ClientContext tls_;
  std::vector<std::string> exposed_files_;
  FileContents contents_;
};

}  // namespace dotring::appliance
