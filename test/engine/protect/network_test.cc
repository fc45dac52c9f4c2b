#include "engine/protect/network.h"

#include <gtest/gtest.h>

namespace dotring::protect {
namespace {

TEST(Network, ReadsAndWritesBothFamilies) {
  for (const char* text : {"0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25", "192.0.2.1/32", "::/0",
                           "2001:db8::/32", "2001:db8::1/128", "fe80::/10"}) {
    const std::optional<Network> network = Network::parse(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(network->to_text(), text);
  }
}

TEST(Network, AnAddressAloneIsANetworkOfOne) {
  EXPECT_EQ(Network::parse("192.0.2.1"), Network::parse("192.0.2.1/32"));
  EXPECT_EQ(Network::parse("2001:db8::1"), Network::parse("2001:db8::1/128"));
}

TEST(Network, AMappedAddressIsIpv4) {
  EXPECT_EQ(Network::parse("::ffff:10.0.0.0/104"), Network::parse("10.0.0.0/8"));
  EXPECT_FALSE(Network::parse("::/0")->is_ipv4());
}

TEST(Network, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                           "10/8", "2001:db8::/129", "example", "10.0.0.0/8/8", "10.0.0.0/ 8"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Network, RefusesBitsBehindThePrefix) {
  EXPECT_FALSE(Network::parse("10.0.0.1/8"));
  EXPECT_FALSE(Network::parse("192.0.2.129/25"));
  EXPECT_FALSE(Network::parse("2001:db8::1/64"));
}

TEST(Network, FirstBitsClearsTheRest) {
  const IpAddress all = *IpAddress::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(first_bits(all, 0).to_text(), "::");
  EXPECT_EQ(first_bits(all, 9).to_text(), "ff80::");
  EXPECT_EQ(first_bits(all, 56).to_text(), "ffff:ffff:ffff:ff00::");
  EXPECT_EQ(first_bits(all, 128), all);
}

}  // namespace
}  // namespace dotring::protect
