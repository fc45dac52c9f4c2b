#include "engine/listen/session_limits.h"

#include <gtest/gtest.h>

namespace dotring::listen {
namespace {

using Entry = SessionLimits::Entry;

constexpr size_t kMiB = 1 << 20;

IpAddress address(std::string_view text) {
  return *IpAddress::parse(text);
}

SessionLimits::Options places(uint32_t all, uint32_t per_client) {
  return {.connections_max = all, .client_connections_max = per_client};
}

TEST(SessionLimits, LimitsEachAddressByItself) {
  SessionLimits limits(places(10, 2), {1, 2});
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Entry::Entered);
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Entry::Entered);
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Entry::ClientFull);
  EXPECT_EQ(limits.enter(address("192.0.2.2")), Entry::Entered);
  EXPECT_EQ(limits.sessions(), 3u);
}

TEST(SessionLimits, LimitsAllTogether) {
  SessionLimits limits(places(2, 2), {1, 2});
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Entry::Entered);
  EXPECT_EQ(limits.enter(address("192.0.2.2")), Entry::Entered);
  EXPECT_EQ(limits.enter(address("192.0.2.3")), Entry::Full);
  limits.leave(address("192.0.2.1"));
  EXPECT_EQ(limits.enter(address("192.0.2.3")), Entry::Entered);
}

TEST(SessionLimits, LeavingMakesRoomAndLeavesNothingBehind) {
  SessionLimits limits(places(10, 1), {1, 2});
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Entry::Entered);
  limits.leave(address("192.0.2.1"));
  EXPECT_EQ(limits.clients(), 0u);
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Entry::Entered);
}

TEST(SessionLimits, AnIpv6ClientIsItsNetwork) {
  SessionLimits limits(places(10, 1), {1, 2});
  EXPECT_EQ(limits.enter(address("2001:db8::1")), Entry::Entered);
  EXPECT_EQ(limits.enter(address("2001:db8::2")), Entry::ClientFull);
  EXPECT_EQ(limits.enter(address("2001:db8:0:1::1")), Entry::Entered);
  limits.leave(address("2001:db8::3"));
  EXPECT_EQ(limits.enter(address("2001:db8::2")), Entry::Entered);
}

TEST(SessionLimits, NoneAllowedMeansNone) {
  SessionLimits limits(places(10, 0), {1, 2});
  EXPECT_EQ(limits.enter(address("192.0.2.1")), Entry::ClientFull);
  EXPECT_EQ(limits.clients(), 0u);
}

TEST(SessionLimits, OneSessionBorrowsAQuarterOfWhatIsFree) {
  SessionLimits limits({.memory_max = 16 * kMiB}, {1, 2});
  EXPECT_EQ(limits.share(), 4 * kMiB);
  EXPECT_FALSE(limits.borrow(4 * kMiB + 1, 0));
  EXPECT_TRUE(limits.borrow(4 * kMiB, 0));
  EXPECT_EQ(limits.share(), 3 * kMiB);
  EXPECT_FALSE(limits.borrow(1, 4 * kMiB)) << "it has more than its share already";
  EXPECT_TRUE(limits.borrow(3 * kMiB, 0));
  limits.give_back(7 * kMiB);
  EXPECT_EQ(limits.bytes_lent(), 0u);
}

TEST(SessionLimits, HoweverManyBorrowSomethingIsLeftForTheNext) {
  SessionLimits limits({.memory_max = 16 * kMiB}, {1, 2});
  for (int session = 0; session < 1000; ++session) {
    size_t held = 0;
    while (limits.borrow(1024, held)) held += 1024;
  }
  EXPECT_LE(limits.bytes_lent(), 16 * kMiB);
  EXPECT_GT(limits.bytes_lent(), 15 * kMiB);
  EXPECT_TRUE(limits.borrow(512, 0));
}

}  // namespace
}  // namespace dotring::listen
