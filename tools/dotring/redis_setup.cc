#include "tools/dotring/redis_setup.h"

#include <utility>

#include "cache/redis/url.h"
#include "tools/dotring/config/secret_file.h"

namespace dotring::appliance {

using Kind = cache::redis::Event::Kind;

// -------------------------------------------------------------------------------------------------
// The log

bool RedisJournal::is_news(const cache::redis::Event& event, uint64_t now_ms) {
  const std::lock_guard guard(mutex_);
  switch (event.kind) {
    case Kind::ServerUp:
    case Kind::ServerDown:
      return is_another(event.server, event.kind);
    case Kind::WritesStopped:
    case Kind::WritesResumed:
      return is_another(event.server + " writes", event.kind);
    case Kind::MasterChanged:
      return std::exchange(master_, event.server) != event.server;
    case Kind::MapChanged:
    case Kind::Refused:
      return is_due(event.server + " " + event.detail, now_ms);
  }
  return true;
}

bool RedisJournal::is_another(const std::string& about, Kind kind) {
  if (told_.size() > 1024) told_.clear();
  const auto [told, first] = told_.try_emplace(about, kind);
  return std::exchange(told->second, kind) != kind || first;
}

bool RedisJournal::is_due(const std::string& about, uint64_t now_ms) {
  if (again_.size() > 1024) again_.clear();
  uint64_t& again_ms = again_[about];
  if (now_ms < again_ms) return false;
  again_ms = now_ms + kRepeatMs;
  return true;
}

void RedisJournal::on_event(const cache::redis::Event& event, uint64_t now_ms) {
  if (!is_news(event, now_ms)) return;
  const auto told = [&](LogLevel level, std::string_view what) {
    log_.write(level, what, {{"server", event.server}, {"cause", event.detail}});
  };
  switch (event.kind) {
    case Kind::ServerUp:
      return log_.info("redis_up", {{"server", event.server}});
    case Kind::ServerDown:
      return told(LogLevel::Warning, "redis_down");
    case Kind::WritesStopped:
      return told(LogLevel::Warning, "redis_writes_stopped");
    case Kind::WritesResumed:
      return log_.info("redis_writes_resumed", {{"server", event.server}});
    case Kind::MasterChanged:
      return told(LogLevel::Info, "redis_master_changed");
    case Kind::MapChanged:
      return told(LogLevel::Info, "redis_map_changed");
    case Kind::Refused:
      return told(LogLevel::Warning, "redis_refused");
  }
}

// -------------------------------------------------------------------------------------------------
// Files

std::optional<ConfigError> RedisSetup::open(const Configuration& configuration) {
  const RedisOptions& redis = configuration.redis;
  enabled_ = !redis.url.text.empty();
  if (!enabled_) return std::nullopt;
  if (auto error = open_url(redis)) return error;
  if (!redis.seal_key_file.empty()) {
    if (auto error = read_seal_key("redis.seal_key_file", redis.seal_key_file)) return error;
  }
  if (!redis.seal_key_file_old.empty()) {
    if (seal_keys_.empty()) {
      return ConfigError{"redis.seal_key_file_old", redis.seal_key_file_old, "",
                         "there is no new key; give redis.seal_key_file too"};
    }
    return read_seal_key("redis.seal_key_file_old", redis.seal_key_file_old);
  }
  return std::nullopt;
}

std::optional<ConfigError> RedisSetup::open_url(const RedisOptions& redis) {
  auto parsed = cache::redis::parse_url(redis.url.text);
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    return ConfigError{"redis.url", hide_password(redis.url.text), "", *problem};
  }
  options_.target = std::get<cache::redis::Target>(std::move(parsed));
  options_.connection = redis.connection;
  options_.breaker = redis.breaker;
  if (!redis.password_file.empty()) {
    std::string& password = options_.target.credentials.password;
    if (auto error = read_secret("redis.password_file", redis.password_file, password)) {
      return error;
    }
    while (!password.empty() && (password.back() == '\n' || password.back() == '\r')) {
      password.pop_back();
    }
  }
  if (!options_.target.tls) return std::nullopt;
  tls::ClientOptions tls;
  tls.ca_file = redis.ca_file;
  tls.alpn = {};
  const std::optional<tls::ContextFailure> failure = tls_.open(tls);
  contents_.note("redis.ca_file", std::to_string(tls_.anchors_digest()));
  if (!failure) return std::nullopt;
  return ConfigError{"redis.ca_file", redis.ca_file, "",
                     failure->cause + "; give a PEM file with the certificates of authorities"};
}

std::optional<ConfigError> RedisSetup::read_seal_key(const std::string& key,
                                                     const std::string& path) {
  std::string content;
  if (auto error = read_secret(key, path, content)) return error;
  auto seal_key = cache::tiers::SealKey::from_file_content(content);
  if (!seal_key) {
    return ConfigError{key, path, "",
                       "neither 32 octets nor 64 hexadecimal digits; make one by `openssl rand "
                       "-hex 32`"};
  }
  seal_keys_.push_back(*seal_key);
  return std::nullopt;
}

std::optional<ConfigError> RedisSetup::read_secret(const std::string& key, const std::string& path,
                                                   std::string& content) {
  bool exposed = false;
  if (auto problem = read_secret_content(path, content, exposed)) {
    return ConfigError{key, path, "", *problem};
  }
  contents_.note(key, content);
  if (exposed) exposed_files_.push_back(path);
  return std::nullopt;
}

}  // namespace dotring::appliance
