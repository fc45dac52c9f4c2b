#include "tools/responder/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tools/responder/parse.h"

namespace dotring::responder {
namespace {

struct Drawn {
  double mean = 0;
  double deviation = 0;
  uint64_t min = UINT64_MAX;
  uint64_t max = 0;
};

Drawn draw_many(const Latency& latency) {
  constexpr int kCount = 20'000;
  Random random({1, 2});
  std::vector<double> values;
  Drawn drawn;
  for (int i = 0; i < kCount; ++i) {
    const uint64_t value = latency.draw_us(random);
    drawn.min = std::min(drawn.min, value);
    drawn.max = std::max(drawn.max, value);
    drawn.mean += static_cast<double>(value) / kCount;
    values.push_back(static_cast<double>(value));
  }
  double squares = 0;
  for (const double value : values) squares += (value - drawn.mean) * (value - drawn.mean);
  drawn.deviation = std::sqrt(squares / kCount);
  return drawn;
}

TEST(Durations, AreNumbersWithAUnit) {
  EXPECT_EQ(parse_duration_us("250us"), 250u);
  EXPECT_EQ(parse_duration_us("1.5ms"), 1500u);
  EXPECT_EQ(parse_duration_us("2s"), 2'000'000u);
  EXPECT_EQ(parse_duration_us("1m"), 60'000'000u);
  for (const char* wrong :
       {"", "5", "ms", "-1ms", "5 ms", "5h", "nans", "infs", "1e30s", "100000s"}) {
    EXPECT_EQ(parse_duration_us(wrong), std::nullopt) << wrong;
  }
}

TEST(Shares, ArePercentOrFractions) {
  EXPECT_EQ(parse_share("10%"), 0.1);
  EXPECT_EQ(parse_share("0.25"), 0.25);
  EXPECT_EQ(parse_share("100%"), 1.0);
  for (const char* wrong : {"", "%", "101%", "1.5", "-1%", "nan", "ten"}) {
    EXPECT_EQ(parse_share(wrong), std::nullopt) << wrong;
  }
}

TEST(Latency, FixedIsAlwaysTheSame) {
  const auto latency = Latency::parse("20ms");
  ASSERT_TRUE(latency);
  Random random({1, 2});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(latency->draw_us(random), 20'000u);
}

TEST(Latency, UniformStaysWithinItsBoundsAndFillsThem) {
  const auto latency = Latency::parse("uniform/10ms/30ms");
  ASSERT_TRUE(latency);
  const Drawn drawn = draw_many(*latency);
  EXPECT_GE(drawn.min, 10'000u);
  EXPECT_LT(drawn.min, 11'000u);
  EXPECT_LE(drawn.max, 30'000u);
  EXPECT_GT(drawn.max, 29'000u);
  EXPECT_NEAR(drawn.mean, 20'000, 200);
}

TEST(Latency, NormalHasItsMeanAndDeviation) {
  const auto latency = Latency::parse("normal/50ms/5ms");
  ASSERT_TRUE(latency);
  const Drawn drawn = draw_many(*latency);
  EXPECT_NEAR(drawn.mean, 50'000, 300);
  EXPECT_NEAR(drawn.deviation, 5'000, 200);
}

TEST(Latency, NormalBelowZeroIsZero) {
  const auto latency = Latency::parse("normal/1ms/100ms");
  ASSERT_TRUE(latency);
  EXPECT_EQ(draw_many(*latency).min, 0u);
}

TEST(Latency, ExponentialHasItsMean) {
  const auto latency = Latency::parse("exponential/20ms");
  ASSERT_TRUE(latency);
  const Drawn drawn = draw_many(*latency);
  EXPECT_NEAR(drawn.mean, 20'000, 600);
  EXPECT_NEAR(drawn.deviation, 20'000, 1'000);
}

TEST(Latency, AnythingElseIsRefused) {
  for (const char* wrong :
       {"", "20", "uniform/10ms", "uniform/30ms/10ms", "normal/10ms", "gamma/1ms", "exponential",
        "exponential/1ms/2ms", "uniform/1ms/2ms/3ms"}) {
    EXPECT_FALSE(Latency::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace dotring::responder
