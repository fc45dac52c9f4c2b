#include "engine/protect/in_flight_limiter.h"

#include <gtest/gtest.h>

#include <thread>

#include "test/engine/protect/clients.h"

namespace dotring::protect {
namespace {

IpAddress numbered(uint32_t number) {
  uint8_t octets[4];
  store_be32(octets, 0x0a000000 + number);
  return IpAddress::from_ipv4(octets);
}

TEST(InFlightLimiter, AClientHasNoMoreThanItMayAndOthersTheirOwn) {
  InFlightLimiter limiter({3}, {}, kKey);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.enter(numbered(1)));
  EXPECT_FALSE(limiter.enter(numbered(1)));
  EXPECT_TRUE(limiter.enter(numbered(2)));
  limiter.leave(numbered(1));
  EXPECT_TRUE(limiter.enter(numbered(1)));
  EXPECT_FALSE(limiter.enter(numbered(1)));
}

TEST(InFlightLimiter, AClientIsANetworkAndSomeHaveNoLimit) {
  InFlightLimiter limiter({1}, {24, 56, {*Network::parse("10.0.1.0/24")}}, kKey);
  EXPECT_TRUE(limiter.enter(numbered(1)));
  EXPECT_FALSE(limiter.enter(numbered(2)));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limiter.enter(numbered(256)));
}

TEST(InFlightLimiter, ManyForgedClientsDoNotShutOutOne) {
  InFlightLimiter limiter({8}, {}, kKey);
  for (uint32_t i = 1000; i < 1000 + 12'288; ++i) EXPECT_TRUE(limiter.enter(numbered(i)));
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(limiter.enter(numbered(1)));
}

TEST(InFlightLimiter, IsExactHoweverManyWorkersEnterAtOnce) {
  constexpr uint32_t kMax = 1000;
  InFlightLimiter limiter({kMax}, {}, kKey);
  std::atomic<uint32_t> entered{0};
  const auto enter = [&] {
    for (uint32_t i = 0; i < kMax; ++i) entered += limiter.enter(numbered(1)) ? 1u : 0u;
  };
  std::thread one(enter), two(enter);
  one.join();
  two.join();
  EXPECT_LE(entered.load(), kMax);
  for (uint32_t i = entered; i < kMax; ++i) EXPECT_TRUE(limiter.enter(numbered(1)));
  EXPECT_FALSE(limiter.enter(numbered(1)));
}

TEST(InFlightLimiter, TakesMemoryOnlyWhereThereIsALimit) {
  EXPECT_EQ(InFlightLimiter::memory_max({0}), 0u);
  EXPECT_EQ(InFlightLimiter::memory_max({1}), 2u * 65'536 * 4);
}

}  // namespace
}  // namespace dotring::protect
