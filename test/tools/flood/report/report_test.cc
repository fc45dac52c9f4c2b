// What reports are made from: times, pacing, verdicts, the search, and the charts.

#include <gtest/gtest.h>

#include "tools/flood/load/pacing.h"
#include "tools/flood/load/search.h"
#include "tools/flood/report/svg_chart.h"
#include "tools/flood/report/verdict.h"

namespace dotring::flood {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST(Times, AreTakenApartAgain) {
  auto histogram = std::make_unique<Histogram>();
  histogram->add(10);
  Times before;
  before.add(*histogram);
  histogram->add(30);
  histogram->add(20);
  Times after;
  after.add(*histogram);
  after.subtract(before);
  EXPECT_EQ(after.count(), 2u);
  EXPECT_EQ(after.min(), 20u);
  EXPECT_EQ(after.max(), 30u);
  EXPECT_EQ(after.percentile(0.5), 20u);
  EXPECT_DOUBLE_EQ(after.mean(), 25);
  EXPECT_DOUBLE_EQ(after.deviation(), 5);
}

TEST(Times, NoneAreAllZero) {
  const Times none;
  EXPECT_EQ(none.percentile(0.99), 0u);
  EXPECT_EQ(none.max(), 0u);
  EXPECT_EQ(none.mean(), 0);
  EXPECT_EQ(none.deviation(), 0);
}

TEST(Pacing, TellsByHowMuchWindowsDiffer) {
  Pacing pacing;
  pacing.start(1000, 1000 * kMs);
  // Ten per window; in the first, one of them leaves a window later.
  for (uint64_t i = 0; i < 1000; ++i)
    pacing.add(1000 + i * kMs, 1000 + i * kMs + (i == 3) * 10 * kMs);
  const auto windows = pacing.deviation(1);
  EXPECT_EQ(windows.windows, 100u);
  EXPECT_DOUBLE_EQ(windows.worst, 0.1);
  EXPECT_DOUBLE_EQ(windows.rate_per_s, 1000);
  const auto second = pacing.deviation(100);
  EXPECT_EQ(second.windows, 1u);
  EXPECT_EQ(second.worst, 0);
}

TEST(Pacing, WhatComesAfterTheLastWindowIsNotJudged) {
  Pacing pacing;
  pacing.start(0, 20 * kMs);
  pacing.add(5 * kMs, 5 * kMs);
  pacing.add(25 * kMs, 25 * kMs);
  EXPECT_EQ(pacing.deviation(1).windows, 1u);
}

Totals open_loop_totals(uint64_t held_back, uint64_t overdue) {
  auto tally = std::make_unique<Tally>();
  (*tally)[Count::Due].add(100);
  (*tally)[Count::Sent].add(100);
  (*tally)[Count::HeldBack].add(held_back);
  (*tally)[Count::Overdue].add(overdue);
  Totals totals;
  totals.add(*tally);
  return totals;
}

TEST(Verdict, AGeneratorThatIsOnTimeIsNotTheLimit) {
  const Verdict verdict = judge(open_loop_totals(0, 1), {.open_loop = true});
  EXPECT_FALSE(verdict.generator_limited);
  EXPECT_TRUE(verdict.remarks.empty());
}

TEST(Verdict, AGeneratorThatIsLateSaysSo) {
  const Verdict verdict = judge(open_loop_totals(0, 2), {.open_loop = true});
  EXPECT_TRUE(verdict.generator_limited);
  ASSERT_EQ(verdict.remarks.size(), 1u);
  EXPECT_NE(verdict.remarks[0].find("bottleneck"), std::string::npos);
}

TEST(Verdict, WhatTheServerHoldsBackIsNotTheGenerators) {
  const Verdict verdict = judge(open_loop_totals(50, 0), {.open_loop = true, .outstanding_max = 7});
  EXPECT_FALSE(verdict.generator_limited);
  ASSERT_EQ(verdict.remarks.size(), 1u);
  EXPECT_NE(verdict.remarks[0].find("--outstanding"), std::string::npos);
}

TEST(Verdict, BothCanBeTooSlow) {
  EXPECT_TRUE(judge(open_loop_totals(50, 50), {.open_loop = true}).generator_limited);
}

TEST(Verdict, ABusyGeneratorIsTheLimitOfAClosedLoop) {
  Totals totals;
  totals.counts[static_cast<size_t>(Count::ElapsedNs)] = 1000 * kMs;
  totals.counts[static_cast<size_t>(Count::CpuNs)] = 990 * kMs;
  EXPECT_TRUE(judge(totals, {}).generator_limited);
  EXPECT_FALSE(judge(totals, {.spin = true}).generator_limited);
  totals.counts[static_cast<size_t>(Count::CpuNs)] = 700 * kMs;
  EXPECT_FALSE(judge(totals, {}).generator_limited);
}

TEST(Verdict, AnswersThatOurSocketsDroppedAreOurs) {
  Totals totals;
  totals.answers_dropped = 3;
  EXPECT_TRUE(judge(totals, {}).generator_limited);
}

Search::Run server_up_to(double rate_max) {
  return [=](double rate) {
    return Trial{rate, rate > rate_max ? 0.05 : 0, 2 * kMs, false, false};
  };
}

TEST(Search, FindsTheHighestRateWithinItsAccuracy) {
  for (const double most : {50.0, 1'000.0, 12'345.0, 800'000.0}) {
    Search search({.accuracy = 0.02}, server_up_to(most));
    const auto best = search.find(1000);
    ASSERT_TRUE(best) << most;
    EXPECT_LE(best->rate_per_s, most);
    EXPECT_GE(best->rate_per_s * 1.021, most);
  }
}

TEST(Search, OneHiccupIsForgiven) {
  int trials = 0;
  Search search({.rate_max = 8000}, [&](double rate) {
    return Trial{rate, ++trials == 2 ? 1.0 : 0, 0, false, false};
  });
  EXPECT_EQ(search.find(1000)->rate_per_s, 8000);
  EXPECT_EQ(search.trials().size(), 5u);
}

TEST(Search, LossAndLatencyAreLimits) {
  const SearchSettings settings{.loss_max = 0.01, .p99_ns_max = 10};
  EXPECT_TRUE(Search::passes({1, 0.01, 10, false, false}, settings));
  EXPECT_FALSE(Search::passes({1, 0, 11, false, false}, settings));
  EXPECT_FALSE(Search::passes({1, 0.011, 10, false, false}, settings));
  EXPECT_TRUE(Search::passes({1, 0, 0, true, false}, settings));
}

TEST(Search, NoRateThatWorksIsNoResult) {
  Search search({}, server_up_to(0));
  EXPECT_FALSE(search.find(1000));
}

TEST(Search, WhoseLimitItWasIsKnown) {
  const auto keeps_up_to = [](double rate_max, bool generator_limited) {
    return [=](double rate) {
      const bool late = rate > rate_max;
      return Trial{rate, late ? 0.05 : 0, 2 * kMs, late && generator_limited, false};
    };
  };
  for (const bool ours : {false, true}) {
    Search search({}, keeps_up_to(5000, ours));
    ASSERT_TRUE(search.find(1000));
    EXPECT_EQ(search.generator_limited(), ours);
  }
  // Far above the server's limit the generator may be too slow, too: that says nothing.
  Search both({}, [](double rate) {
    return Trial{rate, rate > 1500 ? 0.05 : 0, 2 * kMs, rate > 1900, false};
  });
  ASSERT_TRUE(both.find(1000));
  EXPECT_FALSE(both.generator_limited());
  Search unlimited({.rate_max = 8000}, server_up_to(10'000));
  ASSERT_TRUE(unlimited.find(1000));
  EXPECT_FALSE(unlimited.generator_limited());
}

TEST(SvgChart, EscapesTextsAndKeepsPointsInside) {
  SvgChart chart("a<b", "x", "y");
  chart.set_x({100, 0.01, true});
  chart.set_y({0, 10, false});
  chart.add_line("l&r", "#000", {{1000, 50}, {0.01, 0}});
  const std::string svg = SvgChart::stack(chart.svg(), 1);
  EXPECT_NE(svg.find("a&lt;b"), std::string::npos);
  EXPECT_NE(svg.find("l&amp;r"), std::string::npos);
  EXPECT_NE(svg.find("points=\"90.0,50.0 840.0,340.0 \""), std::string::npos) << svg;
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace dotring::flood
