#include "tools/dotring/admin/health.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace dotring::appliance {
namespace {

std::string state_of(const Page& page) {
  return nlohmann::json::parse(page.body)["state"];
}

size_t reasons_of(const Page& page) {
  return nlohmann::json::parse(page.body)["reasons"].size();
}

TEST(ProgressWatch, AWorkerThatDoesNotTurnIsNoticed) {
  ProgressWatch watch(2);
  const uint64_t start_ms = 1000;
  const uint64_t late_ms = start_ms + ProgressWatch::kStuckAfterMs;
  EXPECT_FALSE(watch.stuck(std::vector<uint64_t>{5, 5}, start_ms));
  EXPECT_FALSE(watch.stuck(std::vector<uint64_t>{6, 5}, late_ms - 1));
  EXPECT_EQ(watch.stuck(std::vector<uint64_t>{7, 5}, late_ms), 1u);
  EXPECT_FALSE(watch.stuck(std::vector<uint64_t>{8, 6}, late_ms + 1));
}

TEST(ProgressWatch, AskedForTheFirstTimeNobodyIsStuck) {
  ProgressWatch watch(1);
  EXPECT_FALSE(watch.stuck(std::vector<uint64_t>{0}, 1'000'000));
}

TEST(Health, AliveWhileWorkersTurn) {
  HealthFacts facts;
  facts.draining = true;
  EXPECT_EQ(health_page(facts).status, 200u);
  facts.stuck_worker = 1;
  EXPECT_EQ(health_page(facts).status, 503u);
  EXPECT_NE(health_page(facts).body.find("worker 1"), std::string::npos);
}

TEST(Health, ReadyUntilItDrains) {
  HealthFacts facts;
  facts.servers = 2;
  EXPECT_EQ(ready_page(facts).status, 200u);
  EXPECT_EQ(state_of(ready_page(facts)), "ready");
  facts.servers_failing = 1;
  EXPECT_EQ(state_of(ready_page(facts)), "ready");
  facts.draining = true;
  EXPECT_EQ(ready_page(facts).status, 503u);
  EXPECT_EQ(state_of(ready_page(facts)), "draining");
}

TEST(Health, WithoutUpstreamsItIsDegradedAndSaysWhy) {
  HealthFacts facts;
  facts.servers = facts.servers_failing = 2;
  EXPECT_EQ(ready_page(facts).status, 200u);
  EXPECT_EQ(state_of(ready_page(facts)), "degraded");
  EXPECT_NE(ready_page(facts).body.find("no upstream"), std::string::npos);
}

TEST(Health, WithoutRedisItIsDegradedAndSaysWhy) {
  HealthFacts facts;
  facts.redis_failing = "silent";
  EXPECT_EQ(ready_page(facts).status, 200u);
  EXPECT_EQ(state_of(ready_page(facts)), "degraded");
  EXPECT_NE(ready_page(facts).body.find("silent"), std::string::npos);
}

TEST(Health, ARefusedReloadDegrades) {
  HealthFacts facts;
  facts.reload_refused = "access.drop";
  EXPECT_EQ(ready_page(facts).status, 200u);
  EXPECT_EQ(state_of(ready_page(facts)), "degraded");
  EXPECT_NE(ready_page(facts).body.find("access.drop"), std::string::npos);
}

TEST(Health, AllReasonsAreTold) {
  HealthFacts facts;
  EXPECT_EQ(reasons_of(ready_page(facts)), 0u);
  facts.servers = facts.servers_failing = 1;
  facts.redis_failing = "slow";
  facts.reload_refused = "";
  EXPECT_EQ(reasons_of(ready_page(facts)), 3u);
  facts.draining = true;
  EXPECT_EQ(reasons_of(ready_page(facts)), 1u);
}

TEST(Health, StuckIsNotReady) {
  HealthFacts facts;
  facts.stuck_worker = 0;
  EXPECT_EQ(ready_page(facts).status, 503u);
}

}  // namespace
}  // namespace dotring::appliance
