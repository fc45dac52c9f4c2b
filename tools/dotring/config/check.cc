// What keys cannot say one by one, and what the parts must know of each other.

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cache/memory/shard_plan.h"
#include "cache/tiers/key_name.h"
#include "tls/upstream/choice.h"
#include "tools/dotring/config/configuration.h"

namespace dotring::appliance {
namespace {

using Refusal = std::optional<Contradiction>;

Refusal check_listen(const Configuration& configuration) {
  const std::vector<Endpoint>& listen = configuration.listen_dns;
  if (listen.empty()) return Contradiction{"listen.dns", "", "empty; give at least one address"};
  for (auto at = listen.begin(); at != listen.end(); ++at) {
    if (at->port != 0 && std::find(listen.begin(), at, *at) != at) {
      return Contradiction{"listen.dns", at->to_text(), "there twice; leave one out"};
    }
  }
  return std::nullopt;
}

Refusal check_restricted(const Configuration& configuration) {
  const std::vector<Endpoint>& listen = configuration.listen_dns;
  for (const ListenerNetworks& one : configuration.protect.restricted) {
    const bool known = std::find(listen.begin(), listen.end(), one.listener) != listen.end();
    if (known && one.listener.port != 0) continue;
    return Contradiction{"access.restrict", one.listener.to_text(),
                         "not one of listen.dns; give an address and port as they stand there"};
  }
  return std::nullopt;
}

Refusal check_servers(const Configuration& configuration) {
  const size_t count = configuration.upstream_servers.size();
  if (count == 0) {
    return Contradiction{"upstream.servers", "",
                         "empty; give at least one tls://ADDRESS#AUTH-NAME"};
  }
  if (count > upstream::kServersMax) {
    return Contradiction{"upstream.servers", std::to_string(count) + " servers",
                         "too many; give at most " + std::to_string(upstream::kServersMax)};
  }
  return std::nullopt;
}

Refusal check_ca_file(const Configuration& configuration) {
  const std::string& file = configuration.tls.ca_file;
  if (file.empty() || access(file.c_str(), R_OK) == 0) return std::nullopt;
  return Contradiction{"upstream.ca_file", file,
                       std::string("cannot be read: ") + std::strerror(errno) +
                           "; give a PEM file, or leave it empty for the system's authorities"};
}

Refusal check_ttls(const Configuration& configuration) {
  const cache::TtlPolicy::Options& ttl = configuration.cache.ttl;
  if (ttl.ttl_min_s > ttl.ttl_max_s) {
    return Contradiction{"cache.ttl_min", std::to_string(ttl.ttl_min_s),
                         "above cache.ttl_max; make one of them " + std::to_string(ttl.ttl_max_s)};
  }
  if (ttl.failure_ttl_min_s > ttl.failure_ttl_max_s) {
    return Contradiction{"cache.failure_ttl_min", std::to_string(ttl.failure_ttl_min_s),
                         "above cache.failure_ttl_max; make it smaller"};
  }
  return std::nullopt;
}

Refusal check_shards(const Configuration& configuration) {
  const cache::MemoryOptions& memory = configuration.cache;
  const uint64_t shards_max = memory.bytes_max / cache::ShardPlan::kShardBytesMin;
  if (memory.shards <= shards_max) return std::nullopt;
  return Contradiction{"cache.shards", std::to_string(memory.shards),
                       "too many for cache.memory: with less than 64 KiB each, nothing is kept; "
                       "give at most " +
                           std::to_string(shards_max) + ", or more memory"};
}

Refusal check_redis(const Configuration& configuration) {
  const RedisOptions& redis = configuration.redis;
  if (redis.prefix.size() > cache::tiers::KeyName::kPrefixMax) {
    return Contradiction{"redis.prefix", redis.prefix, "longer than 64 octets; make it shorter"};
  }
  if (redis.channel.size() > RedisOptions::kChannelMax) {
    return Contradiction{"redis.channel", redis.channel, "longer than 64 octets; make it shorter"};
  }
  if (redis.wait.wait_us_min > redis.wait.wait_us_max) {
    return Contradiction{"redis.wait_min_us", std::to_string(redis.wait.wait_us_min),
                         "above redis.wait_us; make it smaller"};
  }
  return std::nullopt;
}

Refusal check_takeover_socket(const Configuration& configuration) {
  const std::string& path = configuration.process.takeover_socket;
  if (path.empty() || (path.front() == '/' && path.size() <= ProcessOptions::kPathMax))
    return std::nullopt;
  return Contradiction{
      "life.takeover_socket", path,
      "give an absolute path of at most " + std::to_string(ProcessOptions::kPathMax) + " octets"};
}

Refusal check_control(const Configuration& configuration) {
  const std::string& socket = configuration.control.socket;
  if (socket.size() <= ControlOptions::kPathMax) return std::nullopt;
  return Contradiction{
      "control.socket", socket,
      "longer than " + std::to_string(ControlOptions::kPathMax) + " octets; choose a shorter path"};
}

tls::Trust trust_of(const UpstreamAddress& server, Authentication authentication) {
  tls::Trust trust;
  trust.authentication_name = server.auth_name;
  trust.pins = server.pins;
  trust.opportunistic = authentication == Authentication::Opportunistic;
  if (trust.authentication_name.empty() && trust.pins.empty()) {
    trust.authentication_name = server.endpoint.address.to_text();
  }
  return trust;
}

}  // namespace

Refusal check(const Configuration& configuration) {
  for (const auto one : {check_listen, check_restricted, check_servers, check_ca_file, check_ttls,
                         check_shards, check_redis, check_control, check_takeover_socket}) {
    if (Refusal refusal = one(configuration)) return refusal;
  }
  return std::nullopt;
}

upstream::Options upstream_options(const Configuration& configuration) {
  upstream::Options options = configuration.upstream;
  for (const UpstreamAddress& server : configuration.upstream_servers) {
    options.servers.push_back(
        {server.endpoint, trust_of(server, configuration.authentication), server.weight});
  }
  return options;
}

tls::ClientOptions tls_options(const Configuration& configuration) {
  tls::ClientOptions options = configuration.tls;
  const upstream::Options upstream = upstream_options(configuration);
  options.trust_anchors =
      std::any_of(upstream.servers.begin(), upstream.servers.end(),
                  [](const upstream::ServerOptions& server) { return server.trust.needs_chain(); });
  return options;
}

query::Pipeline::Options query_options(const Configuration& configuration) {
  query::Pipeline::Options options = configuration.query;
  options.reply.keepalive_ms = configuration.tcp.session.idle_timeout_ms;
  const cache::tiers::UsualWait::Options& wait = configuration.redis.wait;
  options.resolver.fetch_wait_us = wait.wait_us_max + wait.queue_us_max;
  return options;
}

}  // namespace dotring::appliance
