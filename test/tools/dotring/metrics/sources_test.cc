#include "tools/dotring/metrics/sources.h"

#include <gtest/gtest.h>

#include "test/tools/dotring/metrics/prometheus_text.h"
#include "tls/upstream/health.h"

namespace dotring::appliance {
namespace {

/// Two workers with one server and one listener each.
struct TwoWorkers {
  TwoWorkers() {
    sources.servers.push_back({"192.0.2.1:853#dns.example", {}, {}});
    for (size_t i = 0; i < 2; ++i) {
      sources.loops.push_back(&loop[i]);
      sources.queries.push_back(&query[i]);
      sources.guards.push_back(&guard[i]);
      sources.upstreams.push_back(&upstream[i]);
      sources.servers[0].statistics.push_back(&server[i]);
      sources.servers[0].tls.push_back(&tls[i]);
      sources.udp_sockets.push_back(&udp_socket[i]);
      sources.udp.push_back(&udp[i]);
      sources.tcp.push_back(&tcp[i]);
      sources.redis.push_back(&redis[i]);
      sources.tiers.push_back(&tiers[i]);
    }
  }
  std::string text() const {
    MetricsPage page;
    add_query_metrics(page, sources);
    add_protect_metrics(page, sources);
    add_redis_metrics(page, sources);
    add_upstream_metrics(page, sources);
    add_server_metrics(page, sources);
    add_listen_metrics(page, sources);
    add_loop_metrics(page, sources);
    add_cache_metrics(page, cache, 1 << 20);
    add_process_metrics(page);
    return page.text();
  }

  io::LoopStatistics loop[2];
  query::Statistics query[2];
  protect::Statistics guard[2];
  upstream::Statistics upstream[2];
  upstream::ServerStatistics server[2];
  tls::TlsStatistics tls[2];
  io::UdpStatistics udp_socket[2];
  listen::UdpListenerStatistics udp[2];
  listen::TcpListenerStatistics tcp[2];
  cache::Statistics cache;
  cache::redis::Statistics redis[2];
  cache::tiers::Statistics tiers[2];
  MetricSources sources;
};

constexpr char kServer[] = "192.0.2.1:853#dns.example";

TEST(Metrics, WhoWasTurnedAwayIsToldByReason) {
  TwoWorkers workers;
  for (protect::Statistics& guard : workers.guard) {
    guard.by_access[static_cast<size_t>(protect::Action::Drop)].add(2);
    guard.by_rate[1][static_cast<size_t>(protect::Action::Refuse)].add(3);
    guard.cookies[static_cast<size_t>(protect::CookieState::Valid)].add(4);
  }
  const std::string text = workers.text();
  for (const char* line : {"dotring_access_turned_away_total{list=\"all\",action=\"drop\"} 4",
                           "dotring_access_turned_away_total{list=\"all\",action=\"refuse\"} 0",
                           "dotring_rate_limited_total{client=\"proven\",action=\"refuse\"} 6",
                           "dotring_cookies_total{cookie=\"valid\"} 8"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(Metrics, DatagramsThatTheKernelDroppedAreToldByListenerAndCountOnceForEachSocket) {
  TwoWorkers workers;
  const auto add = [&](const char* listener, uint64_t socket, uint64_t datagrams) {
    workers.sources.udp_drops.push_back({*Endpoint::parse(listener), [=] {
                                           return io::UdpDrops{socket, datagrams};
                                         }});
  };
  add("192.0.2.1:53", 1, 3);
  add("192.0.2.1:53", 2, 4);
  add("192.0.2.1:53", 2, 4);
  add("[2001:db8::1]:53", 3, 5);
  const PrometheusText text(workers.text());
  const char* name = "dotring_udp_not_received_total";
  EXPECT_EQ(text.value(name, {{"listener", "192.0.2.1:53"}}), 7);
  EXPECT_EQ(text.value(name, {{"listener", "[2001:db8::1]:53"}}), 5);
}

TEST(Metrics, RedisIsThereOnlyWhereItIsConfigured) {
  TwoWorkers workers;
  for (auto& tier : workers.tiers) tier.hits_fresh.add(3);
  const PrometheusText text(workers.text());
  EXPECT_EQ(text.value("dotring_redis_lookups_total", {{"result", "hit"}}), 6);
  workers.sources.redis.clear();
  EXPECT_EQ(workers.text().find("redis"), std::string::npos);
}

TEST(Metrics, WhatRedisCostsAndGivesIsToldByKind) {
  using cache::redis::Cause;
  using cache::redis::ErrorKind;
  TwoWorkers workers;
  for (auto& redis : workers.redis) {
    redis.gets.add(7);
    redis.sets.add(5);
    redis.commands.add(12);
    redis.writes.add(2);
    redis.late.add(1);
    redis.sets_dropped.add(4);
    redis.round_trip_us.add(300);
    redis.servers.set(3);
    redis.servers_readable.set(2);
    redis.servers_writable.set(1);
    redis.stops[static_cast<size_t>(Cause::Slow)].add(1);
    redis.write_stops[static_cast<size_t>(Cause::Full)].add(2);
    redis.errors[static_cast<size_t>(ErrorKind::ReadOnly)].add(3);
  }
  for (auto& tier : workers.tiers) {
    tier.misses.add(6);
    tier.envelope_faults[static_cast<size_t>(cache::tiers::EnvelopeFault::Seal)].add(2);
    tier.value_faults[static_cast<size_t>(cache::tiers::ValueFault::FromTheFuture)].add(1);
    tier.write_drops.add(4);
  }
  const std::string text = workers.text();
  for (const char* line :
       {"dotring_redis_commands_total{command=\"get\"} 14",
        "dotring_redis_commands_total{command=\"set\"} 10",
        "dotring_redis_commands_written_total 24", "dotring_redis_writes_total 4",
        "dotring_redis_late_total 2", "dotring_redis_sets_dropped_total 8",
        "dotring_redis_answers_not_stored_total 8", "dotring_redis_round_trip_seconds_count 2",
        "dotring_redis_servers 6", "dotring_redis_servers_readable 4",
        "dotring_redis_servers_writable 2", "dotring_redis_breaker_opened_total{cause=\"slow\"} 2",
        "dotring_redis_writes_stopped_total{cause=\"full\"} 4",
        "dotring_redis_errors_total{kind=\"read_only\"} 6",
        "dotring_redis_lookups_total{result=\"miss\"} 12",
        "dotring_redis_values_refused_total{reason=\"seal\"} 4",
        "dotring_redis_values_refused_total{reason=\"future\"} 2"}) {
    EXPECT_NE(text.find(line + std::string("\n")), std::string::npos) << line;
  }
}

TEST(Metrics, AreOfTheFormatAndFollowItsConventions) {
  const PrometheusText text(TwoWorkers().text());
  EXPECT_GT(text.types().size(), 50u);
  for (const auto& [name, type] : text.types()) {
    EXPECT_TRUE(name.starts_with("dotring_")) << name;
    EXPECT_EQ(name.ends_with("_total"), type == "counter") << name;
    for (const char* unit : {"_ms", "_us", "_milliseconds", "_kb", "_mb", "_percent"}) {
      EXPECT_FALSE(name.ends_with(unit)) << name << ": base units only";
    }
  }
}

TEST(Metrics, QueriesAreSummedOverWorkers) {
  TwoWorkers workers;
  workers.query[0].queries[static_cast<size_t>(query::Transport::Udp)].add(3);
  workers.query[1].queries[static_cast<size_t>(query::Transport::Udp)].add(4);
  workers.query[1].count_reply(3);
  workers.query[1].count_reply(4000);
  workers.query[0].hits.add(2);
  workers.query[0].wait_us.add(700);
  workers.query[1].wait_us.add(2'000'000);
  const PrometheusText text(workers.text());
  EXPECT_EQ(text.value("dotring_queries_total", {{"transport", "udp"}}), 7);
  EXPECT_EQ(text.value("dotring_queries_total", {{"transport", "tcp"}}), 0);
  EXPECT_EQ(text.value("dotring_replies_total", {{"rcode", "NXDOMAIN"}}), 1);
  EXPECT_EQ(text.value("dotring_replies_total", {{"rcode", "OTHER"}}), 1);
  EXPECT_EQ(text.value("dotring_query_results_total", {{"result", "hit"}}), 2);
  EXPECT_EQ(text.value("dotring_query_wait_seconds_count"), 2);
  EXPECT_EQ(text.value("dotring_query_wait_seconds_bucket", {{"le", "0.001"}}), 1);
}

TEST(Metrics, ServersTellTheirStateHandshakesAndRoundTrips) {
  TwoWorkers workers;
  workers.server[0].state.set(static_cast<uint64_t>(upstream::ServerState::Up));
  workers.server[1].state.set(static_cast<uint64_t>(upstream::ServerState::Failing));
  workers.server[0].in_flight.set(5);
  workers.server[0].handshakes_full.add(1);
  workers.server[1].handshakes_resumed.add(2);
  workers.server[1].reconnects.add(2);
  workers.server[0].round_trip_us.add(900);
  workers.server[0].round_trip_smoothed_us.set(900);
  workers.tls[0].handshake_us.add(3000);
  const PrometheusText text(workers.text());
  EXPECT_EQ(text.value("dotring_upstream_state", {{"server", kServer}, {"state", "up"}}), 1);
  EXPECT_EQ(text.value("dotring_upstream_state", {{"server", kServer}, {"state", "failing"}}), 1);
  EXPECT_EQ(text.value("dotring_upstream_state", {{"server", kServer}, {"state", "starting"}}), 0);
  EXPECT_EQ(text.value("dotring_upstream_in_flight", {{"server", kServer}}), 5);
  EXPECT_EQ(
      text.value("dotring_upstream_handshakes_total", {{"server", kServer}, {"kind", "full"}}), 1);
  EXPECT_EQ(
      text.value("dotring_upstream_handshakes_total", {{"server", kServer}, {"kind", "resumed"}}),
      2);
  EXPECT_EQ(text.value("dotring_upstream_reconnects_total", {{"server", kServer}}), 2);
  EXPECT_EQ(text.value("dotring_upstream_round_trip_seconds_count", {{"server", kServer}}), 1);
  EXPECT_NEAR(text.value("dotring_upstream_round_trip_smoothed_seconds", {{"server", kServer}}),
              0.0009, 1e-9);
  EXPECT_EQ(text.value("dotring_upstream_handshake_seconds_count", {{"server", kServer}}), 1);
}

TEST(Metrics, TurnsCompletionsAndDatagrams) {
  TwoWorkers workers;
  workers.loop[1].turns.add(10);
  workers.loop[1].completions.add(30);
  workers.loop[1].sends.add(7);
  workers.udp_socket[0].datagrams_in.add(20);
  workers.udp_socket[1].datagrams_in.add(1);
  workers.tcp[0].closed[static_cast<size_t>(listen::SessionEnd::SlowReader)].add(1);
  const PrometheusText text(workers.text());
  EXPECT_EQ(text.value("dotring_loop_turns_total", {{"worker", "1"}}), 10);
  EXPECT_EQ(text.value("dotring_loop_completions_total", {{"worker", "1"}}), 30);
  EXPECT_EQ(text.value("dotring_loop_sends_total", {{"worker", "1"}}), 7);
  EXPECT_EQ(text.value("dotring_udp_datagrams_total", {{"direction", "in"}}), 21);
  EXPECT_EQ(text.value("dotring_tcp_closed_total", {{"cause", "slow_reader"}}), 1);
}

TEST(Metrics, TheCacheAndTheProcess) {
  TwoWorkers workers;
  workers.cache.entries = 7;
  workers.cache.evictions = 3;
  const PrometheusText text(workers.text());
  EXPECT_EQ(text.value("dotring_cache_entries"), 7);
  EXPECT_EQ(text.value("dotring_cache_bytes_max"), 1 << 20);
  EXPECT_EQ(text.value("dotring_cache_removals_total", {{"reason", "eviction"}}), 3);
  EXPECT_GT(text.value("dotring_process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(text.value("dotring_process_open_descriptors"), 3);
}

}  // namespace
}  // namespace dotring::appliance
