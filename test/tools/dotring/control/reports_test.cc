#include "tools/dotring/control/reports.h"

#include <gtest/gtest.h>

#include "tls/upstream/health.h"

namespace dotring::appliance {
namespace {

using control::Json;
using upstream::ServerState;

void set_state(upstream::ServerStatistics& server, ServerState state) {
  server.state.set(static_cast<uint64_t>(state));
}

TEST(ControlReports, QueriesAreThoseOfAllWorkersAndTransports) {
  query::Statistics workers[2];
  MetricSources sources;
  for (query::Statistics& worker : workers) {
    worker.queries[0].add(6);
    worker.queries[1].add(4);
    worker.hits.add(7);
    worker.stale_at_once.add(1);
    worker.waiting.add(2);
    worker.failed.add(3);
    worker.failing.add(1);
    worker.dropped[4].add(5);
    sources.queries.push_back(&worker);
  }
  const Json report = queries_report(sources, 10);
  EXPECT_EQ(report["total"], 20);
  EXPECT_DOUBLE_EQ(report["mean_per_second"].get<double>(), 2);
  EXPECT_DOUBLE_EQ(report["hit_rate"].get<double>(), 0.8);
  EXPECT_EQ(report["waiting"], 4);
  EXPECT_EQ(report["failed"], 8);
  EXPECT_EQ(report["dropped"], 10);
}

TEST(ControlReports, NoQueriesAreNoHits) {
  EXPECT_DOUBLE_EQ(queries_report({}, 1)["hit_rate"].get<double>(), 0);
}

TEST(ControlReports, AServerIsAsTheWorkerSeesItThatCanDoMostWithIt) {
  upstream::ServerStatistics workers[2];
  ServerSources server{"192.0.2.1:853#dns.example", {&workers[0], &workers[1]}, {}};
  const auto state = [&](ServerState one, ServerState other) {
    set_state(workers[0], one);
    set_state(workers[1], other);
    return upstreams_report({server})[0]["state"];
  };
  EXPECT_EQ(state(ServerState::Failing, ServerState::Failing), "failing");
  EXPECT_EQ(state(ServerState::Failing, ServerState::Probing), "probing");
  EXPECT_EQ(state(ServerState::Starting, ServerState::Failing), "starting");
  EXPECT_EQ(state(ServerState::Failing, ServerState::Up), "up");
}

TEST(ControlReports, AServersNumbersAreTheSumOfItsWorkers) {
  upstream::ServerStatistics workers[2];
  for (auto& worker : workers) {
    worker.streams_open.set(2);
    worker.queries.add(100);
    worker.answers.add(90);
    worker.round_trip_us.add(1000, 99);
    worker.round_trip_us.add(50'000);
  }
  workers[1].round_trip_smoothed_us.set(700);
  const ServerSources server{"name", {&workers[0], &workers[1]}, {}};
  const Json report = upstreams_report({server})[0];
  EXPECT_EQ(report["server"], "name");
  EXPECT_EQ(report["streams"], 4);
  EXPECT_EQ(report["queries"], 200);
  EXPECT_EQ(report["answers"], 180);
  EXPECT_EQ(report["round_trip_now_us"], 700) << "of the worker that has measured it";
  EXPECT_NEAR(report["round_trip_p50_us"].get<double>(), 1000, 32);
}

TEST(ControlReports, RedisIsNullWhereThereIsNone) {
  EXPECT_TRUE(redis_report({}).is_null());
  cache::redis::Statistics worker;
  worker.read_cause.set(static_cast<uint64_t>(cache::redis::Cause::Silent));
  worker.hits.add(3);
  worker.misses.add(1);
  MetricSources sources;
  sources.redis.push_back(&worker);
  EXPECT_EQ(redis_report(sources)["asked"], false);
  EXPECT_EQ(redis_report(sources)["cause"], to_text(cache::redis::Cause::Silent));
  EXPECT_DOUBLE_EQ(redis_report(sources)["hit_rate"].get<double>(), 0.75);
  worker.servers_readable.set(1);
  EXPECT_EQ(redis_report(sources)["asked"], true);
}

TEST(ControlReports, TheConfigurationHasNoSecretsAndTellsWhatIsNotTheDefault) {
  Configuration configuration;
  configuration.redis.url.text = "redis://:hunter2@127.0.0.1/";
  configuration.workers = 3;
  const Json report = config_report(configuration);
  EXPECT_EQ(report.dump().find("hunter2"), std::string::npos);
  size_t changed = 0;
  for (const Json& key : report) {
    if (key["default"] == true) continue;
    ++changed;
    EXPECT_TRUE(key["key"] == "redis.url" || key["key"] == "engine.workers") << key;
    if (key["key"] == "engine.workers") {
      EXPECT_EQ(key["value"], "3");
    }
  }
  EXPECT_EQ(changed, 2u);
  EXPECT_GT(report.size(), 100u);
}

}  // namespace
}  // namespace dotring::appliance
