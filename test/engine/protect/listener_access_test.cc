#include "engine/protect/listener_access.h"

#include <gtest/gtest.h>

namespace dotring::protect {
namespace {

TEST(ListenerAccess, OnlyListenersWithAListAreRestricted) {
  const IpAddress inside = *IpAddress::parse("10.1.1.1");
  const IpAddress outside = *IpAddress::parse("2001:db8::1");
  ListenerAccess access;
  EXPECT_TRUE(access.allows(0, outside));
  const Network network[] = {*Network::parse("10.0.0.0/8")};
  access.restrict_to(2, network);
  EXPECT_TRUE(access.allows(2, inside));
  EXPECT_FALSE(access.allows(2, outside));
  for (const uint16_t other : {uint16_t{0}, uint16_t{1}, uint16_t{3}}) {
    EXPECT_TRUE(access.allows(other, outside)) << other;
  }
}

TEST(ListenerAccess, AllAreRestrictedWhenEachHasAList) {
  ListenerAccess access;
  const Network network[] = {*Network::parse("10.0.0.0/8")};
  EXPECT_FALSE(access.restricts_all(1));
  access.restrict_to(1, network);
  EXPECT_FALSE(access.restricts_all(2));
  access.restrict_to(0, network);
  EXPECT_TRUE(access.restricts_all(2));
  EXPECT_FALSE(access.restricts_all(3));
}

}  // namespace
}  // namespace dotring::protect
