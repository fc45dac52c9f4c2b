#include "tools/dotring/generations.h"

#include <atomic>

namespace dotring::appliance {

void Generations::begin(const InForce& in_force, const InForce* before) {
  std::shared_ptr<RedisParts> redis = redis_for(in_force, before);
  std::unique_ptr<query::Pipeline> pipeline = pipeline_for(in_force, redis.get());
  if (now_.pipeline) earlier_.push_back(std::move(now_));
  now_ = {std::move(redis), std::move(pipeline)};
}

// The same Redis keeps its connections.
std::shared_ptr<RedisParts> Generations::redis_for(const InForce& in_force, const InForce* before) {
  if (!in_force.redis) return nullptr;
  if (before && before->redis == in_force.redis) return now_.redis;
  return redis_.emplace_back(std::make_shared<RedisParts>(
      in_force.configuration.redis, in_force.redis, surroundings_.memory, surroundings_.loop,
      surroundings_.random, surroundings_.keeps_flushes));
}

std::unique_ptr<query::Pipeline> Generations::pipeline_for(const InForce& in_force,
                                                           RedisParts* redis) {
  query::Pipeline::Options options = query_options(in_force.configuration);
  options.resolver.on_failure = surroundings_.on_question_failure;
  query::AnswerStore& store = redis ? redis->store() : surroundings_.memory;
  return std::make_unique<query::Pipeline>(
      options, store, surroundings_.forwarder, surroundings_.loop.timers(),
      surroundings_.loop.turn_clock(), surroundings_.question_key, statistics_);
}

uint64_t Generations::earlier_memory_max(const Configuration& configuration) {
  const uint64_t pipeline = query::Resolver::memory_max(configuration.query.resolver);
  return kEarlierMax * (pipeline + RedisParts::memory_max(configuration.redis));
}

bool Generations::tidy() {
  std::erase_if(earlier_, [](const Generation& earlier) { return earlier.pipeline->idle(); });
  std::erase_if(redis_, [](const std::shared_ptr<RedisParts>& redis) {
    if (redis.use_count() > 1) return false;
    // Others have only read its counters, and nobody can begin to any more.
    std::atomic_thread_fence(std::memory_order_acquire);
    redis->stop();
    return !redis->active();
  });
  return earlier_.empty() && redis_.size() == (now_.redis ? 1 : 0);
}

void Generations::start_redis() {
  if (now_.redis) now_.redis->start();
}

void Generations::stop_redis() {
  for (const auto& redis : redis_) redis->stop();
}

bool Generations::redis_active() const {
  for (const auto& redis : redis_) {
    if (redis->active()) return true;
  }
  return false;
}

void Generations::drain() {
  for (const Generation& earlier : earlier_) earlier.pipeline->drain();
  now_.pipeline->drain();
}

}  // namespace dotring::appliance
