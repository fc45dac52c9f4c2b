#include "engine/listen/client_counts.h"

#include <gtest/gtest.h>

namespace dotring::listen {
namespace {

IpAddress address(std::string_view text) {
  return *IpAddress::parse(text);
}

TEST(ClientCounts, LimitsEachAddressByItself) {
  ClientCounts counts(2, {1, 2});
  EXPECT_TRUE(counts.enter(address("192.0.2.1")));
  EXPECT_TRUE(counts.enter(address("192.0.2.1")));
  EXPECT_FALSE(counts.enter(address("192.0.2.1")));
  EXPECT_TRUE(counts.enter(address("192.0.2.2")));
}

TEST(ClientCounts, LeavingMakesRoomAndLeavesNothingBehind) {
  ClientCounts counts(1, {1, 2});
  EXPECT_TRUE(counts.enter(address("192.0.2.1")));
  counts.leave(address("192.0.2.1"));
  EXPECT_EQ(counts.clients(), 0u);
  EXPECT_TRUE(counts.enter(address("192.0.2.1")));
}

TEST(ClientCounts, AnIpv6ClientIsItsNetwork) {
  ClientCounts counts(1, {1, 2});
  EXPECT_TRUE(counts.enter(address("2001:db8::1")));
  EXPECT_FALSE(counts.enter(address("2001:db8::2")));
  EXPECT_TRUE(counts.enter(address("2001:db8:0:1::1")));
  counts.leave(address("2001:db8::3"));
  EXPECT_TRUE(counts.enter(address("2001:db8::2")));
}

TEST(ClientCounts, NoneAllowedMeansNone) {
  ClientCounts counts(0, {1, 2});
  EXPECT_FALSE(counts.enter(address("192.0.2.1")));
  EXPECT_EQ(counts.clients(), 0u);
}

}  // namespace
}  // namespace dotring::listen
