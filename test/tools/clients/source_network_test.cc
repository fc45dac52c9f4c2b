#include "tools/clients/source_network.h"

#include <gtest/gtest.h>

namespace dotring::clients {
namespace {

TEST(SourceNetwork, GivesItsAddressesOneAfterTheOther) {
  const auto network = SourceNetwork::parse("127.0.0.0/8");
  ASSERT_TRUE(network);
  EXPECT_EQ(network->address(0).to_text(), "127.0.0.1");
  EXPECT_EQ(network->address(254).to_text(), "127.0.0.255");
  EXPECT_EQ(network->address(255).to_text(), "127.0.1.0");
  EXPECT_EQ(network->address(network->size() - 1).to_text(), "127.255.255.254");
  EXPECT_EQ(network->address(network->size()).to_text(), "127.0.0.1");
}

TEST(SourceNetwork, BitsBehindThePrefixDoNotCount) {
  EXPECT_EQ(SourceNetwork::parse("192.0.2.77/24")->address(0).to_text(), "192.0.2.1");
  EXPECT_EQ(SourceNetwork::parse("192.0.2.77/30")->size(), 2u);
}

TEST(SourceNetwork, ASingleAddressIsANetworkToo) {
  const auto single = SourceNetwork::parse("192.0.2.7");
  EXPECT_EQ(single->size(), 1u);
  EXPECT_EQ(single->address(5).to_text(), "192.0.2.7");
}

TEST(SourceNetwork, IPv6) {
  const auto network = SourceNetwork::parse("2001:db8::/32");
  EXPECT_EQ(network->address(0).to_text(), "2001:db8::1");
  EXPECT_EQ(network->address(0xffff).to_text(), "2001:db8::1:0");
}

TEST(SourceNetwork, NonsenseIsNoNetwork) {
  for (const char* text : {"", "127.0.0.0/", "127.0.0.0/33", "127.0.0.0/-1", "127.0.0.0/8x", "a/8",
                           "2001:db8::/129"}) {
    EXPECT_FALSE(SourceNetwork::parse(text)) << text;
  }
}

}  // namespace
}  // namespace dotring::clients
