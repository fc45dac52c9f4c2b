#include "tls/upstream/round_trip.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace dotring::upstream {
namespace {

TEST(RoundTrip, IsUnmeasuredAtFirst) {
  const RoundTrip round_trip(95);
  EXPECT_FALSE(round_trip.measured());
  EXPECT_EQ(round_trip.patience_us(1'000'000), 1'000'000u);
}

TEST(RoundTrip, SettlesOnASteadyRoundTrip) {
  RoundTrip round_trip(95);
  round_trip.add(80'000);
  for (int i = 0; i < 100; ++i) round_trip.add(20'000);
  EXPECT_NEAR(static_cast<double>(round_trip.smoothed_us()), 20'000, 200);
  EXPECT_LT(round_trip.patience_us(0), 21'000u);
}

TEST(RoundTrip, PatienceGrowsWithTheSpread) {
  RoundTrip steady(95), spread(95);
  for (int i = 0; i < 100; ++i) {
    steady.add(20'000);
    spread.add(i % 2 ? 5'000 : 35'000);
  }
  EXPECT_GT(spread.patience_us(0), 2 * steady.patience_us(0));
}

TEST(RoundTrip, AnOldFigureIsReplacedByTheNextSample) {
  RoundTrip round_trip(95);
  for (int i = 0; i < 100; ++i) round_trip.add(60'000);
  round_trip.outdate();
  EXPECT_NEAR(static_cast<double>(round_trip.smoothed_us()), 60'000, 10);
  round_trip.add(2'000);
  EXPECT_EQ(round_trip.smoothed_us(), 2'000u);
  round_trip.add(10'000);
  EXPECT_EQ(round_trip.smoothed_us(), 3'000u);
}

TEST(RoundTrip, ThePercentileLiesWhereItShould) {
  for (const uint32_t percentile : {80u, 90u, 95u}) {
    RoundTrip round_trip(percentile);
    Random random({1, 2});
    double below = 0;
    for (int i = 0; i < 40'000; ++i) {
      const uint64_t sample = 10'000 + random.below(90'000);
      if (i >= 20'000) below += sample <= round_trip.percentile_us();
      round_trip.add(sample);
    }
    EXPECT_NEAR(below / 20'000, percentile / 100.0, 0.03);
  }
}

}  // namespace
}  // namespace dotring::upstream
