#include "tools/dotring/redis_parts.h"

#include "cache/redis/url.h"
#include "tls/session.h"
#include "tools/dotring/redis_dialer.h"

namespace dotring::appliance {
namespace {

using cache::tiers::Envelope;
using cache::tiers::FlushKeeper;
using cache::tiers::Tiers;

std::unique_ptr<cache::redis::Dialer> make_dialer(const RedisOptions& redis,
                                                  const RedisSetup& setup, io::Loop& loop,
                                                  tls::TlsStatistics& statistics) {
  io::TcpStream::Options tcp = cache::redis::PlainDialer::Options().tcp;
  tcp.send_queue_max = 2 * redis.connection.write_queue_max;
  if (!setup.tls()) {
    return std::make_unique<cache::redis::PlainDialer>(loop,
                                                       cache::redis::PlainDialer::Options{tcp});
  }
  RedisTlsDialer::Options options;
  options.tcp = tcp;
  options.server_name = redis.server_name;
  return std::make_unique<RedisTlsDialer>(loop, *setup.tls(), options, statistics);
}

Tiers::Options tiers_options(const RedisOptions& redis) {
  Tiers::Options options;
  options.prefix = redis.prefix;
  options.gets_max = redis.connection.pending_max;
  options.wait = redis.wait;
  return options;
}

FlushKeeper::Options keeper_options(const RedisOptions& redis) {
  FlushKeeper::Options options;
  options.prefix = redis.prefix;
  options.channel = redis.channel;
  return options;
}

}  // namespace

RedisParts::RedisParts(const RedisOptions& options, std::shared_ptr<const RedisSetup> setup,
                       cache::MemoryStore& memory, io::Loop& loop, Random& random,
                       bool keeps_flushes)
    : setup_(std::move(setup)),
      dialer_(make_dialer(options, *setup_, loop, tls_statistics_)),
      client_(setup_->options(), loop.turn_time(), random.fork(), *dialer_),
      tiers_(tiers_options(options), memory, client_.key_value(),
             Envelope(setup_->seal_keys(), random.fork()), setup_->flushes(), loop.turn_clock(),
             loop.clock()) {
  if (!keeps_flushes) return;
  keeper_.emplace(keeper_options(options), memory, client_.key_value(),
                  Envelope(setup_->seal_keys(), random.fork()), setup_->flushes(), loop.turn_time(),
                  loop.clock());
  client_.subscribe(options.channel, *keeper_);
}

void RedisParts::start() {
  client_.start();
  if (keeper_) keeper_->start();
}

void RedisParts::stop() {
  if (keeper_) keeper_->stop();
  client_.stop();
}

void RedisParts::add_to(MetricSources& sources) const {
  sources.redis.push_back(&client_.statistics());
  sources.tiers.push_back(&tiers_.statistics());
  if (keeper_) sources.flushes.push_back(&keeper_->statistics());
}

uint64_t RedisParts::memory_max(const RedisOptions& options) {
  if (options.url.text.empty()) return 0;
  cache::redis::Options redis;
  redis.connection = options.connection;
  const auto parsed = cache::redis::parse_url(options.url.text);
  if (const auto* target = std::get_if<cache::redis::Target>(&parsed)) redis.target = *target;
  const uint64_t tls = redis.target.tls ? tls::Session::kMemoryMax : 0;
  return cache::redis::Client::memory_max(redis) +
         tls * cache::redis::Client::connections_max(redis) +
         Tiers::memory_max(tiers_options(options)) + 3 * FlushKeeper::list_size_max({});
}

}  // namespace dotring::appliance
