#include "engine/protect/access_list.h"

#include <gtest/gtest.h>

namespace dotring::protect {
namespace {

Access of(const AccessList::Options& options, const char* client) {
  return AccessList(options).of(*IpAddress::parse(client));
}

TEST(AccessList, ByDefaultOnlyWhoCannotComeFromOutsideMayAsk) {
  for (const char* inside :
       {"127.0.0.1", "127.255.255.255", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.1.1", "100.64.0.1", "100.127.255.255", "::1", "fd00::1", "fe80::1"}) {
    EXPECT_EQ(of({}, inside), Access::Allow) << inside;
  }
  for (const char* outside : {"128.0.0.1", "11.0.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1",
                              "8.8.8.8", "0.0.0.0", "::", "::2", "2001:db8::1", "fe00::1"}) {
    EXPECT_EQ(of({}, outside), Access::Refuse) << outside;
  }
  EXPECT_FALSE(AccessList({}).allows_all());
}

TEST(AccessList, TheLongestNetworkDecidesWhicheverListItIsIn) {
  AccessList::Options options;
  options.allow = {*Network::parse("10.0.0.0/8"), *Network::parse("192.0.2.7/32")};
  options.drop = {*Network::parse("0.0.0.0/0"), *Network::parse("10.9.0.0/16")};
  options.refuse = {*Network::parse("10.9.9.0/24")};
  EXPECT_EQ(of(options, "10.1.1.1"), Access::Allow);
  EXPECT_EQ(of(options, "10.9.1.1"), Access::Drop);
  EXPECT_EQ(of(options, "10.9.9.1"), Access::Refuse);
  EXPECT_EQ(of(options, "192.0.2.7"), Access::Allow);
  EXPECT_EQ(of(options, "192.0.2.8"), Access::Drop);
  EXPECT_EQ(of(options, "2001:db8::1"), Access::Refuse);
}

TEST(AccessList, TheSameNetworkTwiceHasTheStrictestAccess) {
  const std::vector<Network> same = {*Network::parse("10.0.0.0/8")};
  EXPECT_EQ(of({same, same, {}}, "10.1.1.1"), Access::Refuse);
  EXPECT_EQ(of({same, same, same}, "10.1.1.1"), Access::Drop);
}

TEST(AccessList, ThatEverybodyMayAskCanBeSeen) {
  AccessList::Options options;
  options.allow = {*Network::parse("0.0.0.0/0"), *Network::parse("::/0")};
  EXPECT_TRUE(AccessList(options).allows_all());
}

}  // namespace
}  // namespace dotring::protect
