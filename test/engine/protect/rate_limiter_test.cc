#include "engine/protect/rate_limiter.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/base/random.h"
#include "test/engine/protect/clients.h"

namespace dotring::protect {
namespace {

IpAddress forged(Random& random) {
  const uint64_t drawn = random.next();
  return IpAddress::from_ipv4(reinterpret_cast<const uint8_t*>(&drawn));
}

RateLimiter::Options limit(uint32_t per_second) {
  RateLimiter::Options options;
  options.per_second = {per_second, 0};
  options.table_bytes = 1 << 16;
  return options;
}

uint32_t passed(RateLimiter& limiter, const IpAddress& client, uint32_t count, uint64_t now_us,
                Proof proof = Proof::None) {
  uint32_t passing = 0;
  for (uint32_t i = 0; i < count; ++i) passing += limiter.take(client, proof, now_us) ? 1u : 0u;
  return passing;
}

TEST(RateLimiter, LetsTheBurstPassAndThenTheRate) {
  RateLimiter limiter(limit(100), kKey);
  const IpAddress client = address("192.0.2.1");
  EXPECT_EQ(passed(limiter, client, 1000, kStart), 100u);
  EXPECT_EQ(passed(limiter, client, 1000, kStart + kSecond / 10), 10u);
  EXPECT_EQ(passed(limiter, client, 1000, kStart + 60 * kSecond), 100u);
}

TEST(RateLimiter, AClientAtItsRateLosesNothing) {
  RateLimiter limiter(limit(1000), kKey);
  const IpAddress client = address("192.0.2.1");
  for (uint64_t i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(limiter.take(client, Proof::None, kStart + i * 1000)) << i;
  }
}

TEST(RateLimiter, AClientFarAboveItsRateGetsTheRateAllTheSame) {
  RateLimiter limiter(limit(1000), kKey);
  uint32_t passing = 0;
  for (uint64_t us = 0; us < 10 * kSecond; us += 50) {
    passing += limiter.take(address("192.0.2.1"), Proof::None, kStart + us) ? 1u : 0u;
  }
  EXPECT_NEAR(passing, 11'000, 2);
}

TEST(RateLimiter, ClientsDoNotShareABucket) {
  RateLimiter limiter(limit(10), kKey);
  EXPECT_EQ(passed(limiter, address("192.0.2.1"), 50, kStart), 10u);
  EXPECT_EQ(passed(limiter, address("192.0.2.2"), 50, kStart), 10u);
  EXPECT_EQ(passed(limiter, address("2001:db8::1"), 50, kStart), 10u);
}

TEST(RateLimiter, AClientIsANetwork) {
  RateLimiter limiter(limit(10), kKey);
  EXPECT_EQ(passed(limiter, address("2001:db8:0:100::1"), 50, kStart), 10u);
  EXPECT_EQ(passed(limiter, address("2001:db8:0:1ff::2"), 50, kStart), 0u);
  EXPECT_EQ(passed(limiter, address("2001:db8:0:200::1"), 50, kStart), 10u);
  RateLimiter::Options wide = limit(10);
  wide.clients.ipv4_bits = 24;
  RateLimiter by_24(wide, kKey);
  EXPECT_EQ(passed(by_24, address("192.0.2.1"), 50, kStart), 10u);
  EXPECT_EQ(passed(by_24, address("192.0.2.255"), 50, kStart), 0u);
  EXPECT_EQ(passed(by_24, address("192.0.3.1"), 50, kStart), 10u);
}

TEST(RateLimiter, WhoProvedTheAddressHasABucketOfItsOwn) {
  RateLimiter::Options options = limit(10);
  options.per_second[1] = 30;
  RateLimiter limiter(options, kKey);
  const IpAddress client = address("192.0.2.1");
  EXPECT_EQ(passed(limiter, client, 50, kStart), 10u);
  EXPECT_EQ(passed(limiter, client, 50, kStart, Proof::Address), 30u);
  RateLimiter only_unproven(limit(10), kKey);
  EXPECT_FALSE(only_unproven.limits(Proof::Address));
  EXPECT_EQ(passed(only_unproven, client, 500, kStart, Proof::Address), 500u);
}

TEST(RateLimiter, ExemptNetworksHaveNoLimit) {
  RateLimiter::Options options = limit(10);
  options.clients.exempt = {*Network::parse("192.0.2.0/24")};
  RateLimiter limiter(options, kKey);
  EXPECT_EQ(passed(limiter, address("192.0.2.1"), 50, kStart), 50u);
  EXPECT_EQ(passed(limiter, address("192.0.3.1"), 50, kStart), 10u);
}

TEST(RateLimiter, ABurstShorterThanOneQueryStillLetsOnePass) {
  RateLimiter::Options options = limit(1);
  options.burst_ms = 1;
  RateLimiter limiter(options, kKey);
  EXPECT_EQ(passed(limiter, address("192.0.2.1"), 5, kStart), 1u);
  EXPECT_EQ(passed(limiter, address("192.0.2.1"), 5, kStart + kSecond), 1u);
}

// The table has 8,192 places; a million others come by while the busy client asks.
TEST(RateLimiter, AFloodOfForgedAddressesPushesOutNobodyBusy) {
  RateLimiter limiter(limit(100), kKey);
  Random random({3, 4});
  const IpAddress busy = address("192.0.2.1");
  EXPECT_EQ(passed(limiter, busy, 100, kStart), 100u);
  uint32_t passing = 0;
  for (uint64_t us = 1; us <= kSecond; ++us) {
    limiter.take(forged(random), Proof::None, kStart + us);
    if (us % 1000 == 0) passing += passed(limiter, busy, 1, kStart + us);
  }
  EXPECT_NEAR(passing, 100, 2) << "its bucket was lost, or is shared with others";
}

TEST(RateLimiter, AnHonestClientLosesNothingBesideAFlood) {
  RateLimiter limiter(limit(100), kKey);
  Random random({5, 6});
  uint32_t refused = 0;
  for (uint64_t us = 1; us <= kSecond; ++us) {
    limiter.take(forged(random), Proof::None, kStart + us);
    if (us % 10'000 == 0) refused += 1 - passed(limiter, address("192.0.2.1"), 1, kStart + us);
  }
  EXPECT_EQ(refused, 0u);
}

TEST(RateLimiter, TheTableIsAsLargeAsItIsToldWhateverComes) {
  RateLimiter limiter(limit(100), kKey);
  EXPECT_EQ(limiter.memory_bytes(), 1u << 16);
  RateLimiter::Options odd = limit(100);
  odd.table_bytes = 1000;
  EXPECT_EQ(RateLimiter(odd, kKey).memory_bytes(), 1024u);
}

TEST(RateLimiter, FourThreadsTogetherTakeWhatOneCould) {
  RateLimiter limiter(limit(10'000), kKey);
  std::atomic<uint32_t> passing{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { passing += passed(limiter, address("192.0.2.1"), 10'000, kStart); });
  }
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(passing, 10'000u);
}

}  // namespace
}  // namespace dotring::protect
