#include "tools/dotring/memory_sum.h"

#include <gtest/gtest.h>

#include "tools/dotring/audit/sink.h"
#include "tools/dotring/generations.h"

namespace dotring::appliance {
namespace {

uint64_t term(const std::vector<MemoryTerm>& terms, std::string_view name) {
  for (const MemoryTerm& each : terms) {
    if (each.name == name) return each.bytes;
  }
  ADD_FAILURE() << "no term " << name;
  return 0;
}

TEST(MemorySum, IsTheSumOfItsTerms) {
  const std::vector<MemoryTerm> terms = memory_terms(Configuration(), 2, 2);
  uint64_t sum = 0;
  for (const MemoryTerm& each : terms) {
    EXPECT_GT(each.bytes, 0u) << each.name;
    sum += each.bytes;
  }
  EXPECT_EQ(sum_of(terms), sum);
}

TEST(MemorySum, RedisIsInItWhereItIsConfigured) {
  Configuration configuration;
  const uint64_t without = sum_of(memory_terms(configuration, 2, 2));
  configuration.redis.url.text = "redis://127.0.0.1";
  const std::vector<MemoryTerm> terms = memory_terms(configuration, 2, 2);
  const uint64_t redis = term(terms, "redis");
  EXPECT_GT(redis, 2 * configuration.redis.connection.write_queue_max);
  // Each earlier pipeline may have one of its own.
  EXPECT_EQ(sum_of(terms), without + (1 + Generations::kEarlierMax) * redis);
}

TEST(MemorySum, EachConnectionToRedisCounts) {
  const auto redis = [](const char* url) {
    Configuration configuration;
    configuration.redis.url.text = url;
    return term(memory_terms(configuration, 1, 1), "redis");
  };
  const uint64_t single = redis("redis://127.0.0.1");
  EXPECT_GT(redis("rediss://127.0.0.1"), single);
  EXPECT_GT(redis("redis+sentinel://127.0.0.1/master"), single);
  EXPECT_GT(redis("redis+cluster://127.0.0.1"), 5 * single);
}

TEST(MemorySum, WhatEarlierReloadsHaveLeftIsInIt) {
  const Configuration configuration;
  const auto terms = memory_terms(configuration, 2, 1);
  EXPECT_GE(
      term(terms, "after_reloads"),
      2 * Generations::kEarlierMax * query::Resolver::memory_max(configuration.query.resolver) +
          term(terms, "upstream_streams"));
}

TEST(MemorySum, EachOutputOfTheAuditCountsWithItsBuffer) {
  Configuration configuration;
  configuration.audit.file = "/var/log/audit.json";
  const uint64_t one = term(memory_terms(configuration, 1, 1), "audit");
  EXPECT_GE(one, configuration.audit.queue_bytes + Sink::kBufferMax);
  configuration.audit.dnstap_target = "tcp://127.0.0.1:6000";
  EXPECT_GE(term(memory_terms(configuration, 1, 1), "audit"), one + Sink::kBufferMax);
}

TEST(MemorySum, FollowsTheLimits) {
  const Configuration small;
  Configuration large;
  large.cache.bytes_max *= 2;
  large.tcp_limits.connections_max *= 2;
  large.query.resolver.resolutions_max *= 2;
  large.upstream.questions_max *= 2;
  large.upstream.connections *= 2;
  large.loop.ring.receive_buffers *= 2;
  large.udp.socket.batch *= 2;
  for (const char* name : {"cache", "tcp_clients", "clients_waiting", "upstream_questions",
                           "upstream_streams", "rings", "udp"}) {
    EXPECT_GT(term(memory_terms(large, 1, 1), name), term(memory_terms(small, 1, 1), name)) << name;
  }
}

TEST(MemorySum, WithTheDefaultsIsTheCacheAndALittleMore) {
  const Configuration configuration;
  EXPECT_LT(sum_of(memory_terms(configuration, 2, 2)),
            configuration.cache.bytes_max + (uint64_t{384} << 20));
}

TEST(MemorySum, WhatTcpConnectionsMayBorrowIsThereOnce) {
  const Configuration small;
  Configuration large;
  large.tcp_limits.memory_max += 1 << 20;
  EXPECT_EQ(sum_of(memory_terms(large, 4, 4)), sum_of(memory_terms(small, 4, 4)) + (1 << 20));
}

TEST(MemorySum, WorkersShareTheCacheAndThePlacesOfTcp) {
  const auto one = memory_terms(Configuration(), 1, 1);
  const auto four = memory_terms(Configuration(), 4, 1);
  EXPECT_EQ(term(four, "cache"), term(one, "cache"));
  EXPECT_EQ(term(four, "fixed"), term(one, "fixed"));
  EXPECT_LT(term(four, "tcp_clients"), 2 * term(one, "tcp_clients"));
  for (const char* name :
       {"clients_waiting", "upstream_questions", "upstream_streams", "rings", "udp"}) {
    EXPECT_EQ(term(four, name), 4 * term(one, name)) << name;
  }
}

}  // namespace
}  // namespace dotring::appliance
