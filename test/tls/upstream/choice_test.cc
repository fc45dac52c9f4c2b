#include "tls/upstream/choice.h"

#include <gtest/gtest.h>

#include <array>

namespace dotring::upstream {
namespace {

Standing ready(uint64_t round_trip_us, uint64_t in_flight = 0) {
  return {Readiness::Ready, nullptr, round_trip_us, in_flight};
}
Standing doubtful() {
  return {Readiness::Doubtful, nullptr, 0, 0};
}
Standing down() {
  return {};
}

std::vector<ServerOptions> servers(std::vector<uint32_t> weights) {
  std::vector<ServerOptions> options(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) options[i].weight = weights[i];
  return options;
}

std::vector<int> chosen(Policy policy, const std::vector<Standing>& standings, int rounds,
                        std::vector<uint32_t> weights = {1, 1, 1, 1}) {
  weights.resize(standings.size());
  Choice choice(policy, servers(weights));
  Random random({1, 2});
  std::vector<int> counts(standings.size());
  for (int i = 0; i < rounds; ++i) ++counts[*choice.choose(standings, 0, 0, random)];
  return counts;
}

TEST(Choice, InOrderTakesTheFirstThatIsReady) {
  EXPECT_EQ(chosen(Policy::InOrder, {ready(900), ready(1), ready(1)}, 10),
            (std::vector<int>{10, 0, 0}));
  EXPECT_EQ(chosen(Policy::InOrder, {down(), ready(1), ready(1)}, 10),
            (std::vector<int>{0, 10, 0}));
}

TEST(Choice, EvenFollowsTheWeightsWithoutRuns) {
  EXPECT_EQ(chosen(Policy::Even, {ready(1), ready(9)}, 1000, {1, 1}), (std::vector<int>{500, 500}));
  EXPECT_EQ(chosen(Policy::Even, {ready(1), ready(1), ready(1)}, 600, {3, 2, 1}),
            (std::vector<int>{300, 200, 100}));
  EXPECT_EQ(chosen(Policy::Even, {ready(1), ready(1)}, 4, {3, 1}), (std::vector<int>{3, 1}));
}

TEST(Choice, FastestOfTwoServersIsTheFasterOne) {
  EXPECT_EQ(chosen(Policy::Fastest, {ready(20'000), ready(10'000)}, 200),
            (std::vector<int>{0, 200}));
}

TEST(Choice, FastestWeighsLatencyByLoad) {
  EXPECT_EQ(chosen(Policy::Fastest, {ready(10'000, 10), ready(20'000, 1)}, 200),
            (std::vector<int>{0, 200}));
}

TEST(Choice, FastestNeverTakesTheSlowestOfManyAndSpreadsOverTheRest) {
  const auto counts =
      chosen(Policy::Fastest, {ready(10'000), ready(10'000), ready(10'000), ready(90'000)}, 3000);
  EXPECT_EQ(counts[3], 0);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(counts[static_cast<size_t>(i)], 1000, 200);
}

// Of six pairs the fastest wins three, the second two, the third one. The best of all would be
// taken always, and two that may be the same would leave the slowest a sixteenth.
TEST(Choice, FastestIsTheBetterOfTwoDifferentOnesAtRandom) {
  const auto counts =
      chosen(Policy::Fastest, {ready(30'000), ready(10'000), ready(40'000), ready(20'000)}, 6000);
  EXPECT_NEAR(counts[1], 3000, 200);
  EXPECT_NEAR(counts[3], 2000, 200);
  EXPECT_NEAR(counts[0], 1000, 200);
  EXPECT_EQ(counts[2], 0);
}

TEST(Choice, AnUnmeasuredServerIsTried) {
  EXPECT_EQ(chosen(Policy::Fastest, {ready(10'000), ready(0)}, 10), (std::vector<int>{0, 10}));
}

TEST(Choice, ADoubtfulServerOnlyWhenNoneIsReady) {
  EXPECT_EQ(chosen(Policy::InOrder, {doubtful(), ready(1)}, 5), (std::vector<int>{0, 5}));
  EXPECT_EQ(chosen(Policy::InOrder, {doubtful(), down()}, 5), (std::vector<int>{5, 0}));
}

TEST(Choice, AQuestionGoesElsewhereTheSecondTime) {
  Choice choice(Policy::InOrder, servers({1, 1, 1}));
  Random random({1, 2});
  const std::vector<Standing> all = {ready(1), ready(1), ready(1)};
  EXPECT_EQ(choice.choose(all, 0b001, 0, random), 1u);
  EXPECT_EQ(choice.choose(all, 0b011, 0, random), 2u);
  EXPECT_EQ(choice.choose(all, 0b111, 0, random), 0u) << "all were asked: again from the front";
  EXPECT_EQ(choice.choose(all, 0b111, 0b001, random), 1u) << "one refused";
  EXPECT_EQ(choice.choose(all, 0b111, 0b111, random), std::nullopt);
}

TEST(Choice, BestReadinessLooksPastTheExcluded) {
  const std::array<Standing, 2> standings = {ready(1), down()};
  EXPECT_EQ(best_readiness(standings, 0), Readiness::Ready);
  EXPECT_EQ(best_readiness(standings, 0b01), Readiness::Down);
}

}  // namespace
}  // namespace dotring::upstream
