#include "engine/protect/client_networks.h"

#include <gtest/gtest.h>

#include "test/engine/protect/clients.h"

namespace dotring::protect {
namespace {

TEST(ClientNetworks, AllAddressesOfANetworkAreOneClient) {
  const ClientNetworks clients({.ipv4_bits = 24, .ipv6_bits = 56, .exempt = {}}, {1, 2});
  EXPECT_EQ(clients.hash(address("192.0.2.1"), 0), clients.hash(address("192.0.2.255"), 0));
  EXPECT_NE(clients.hash(address("192.0.2.1"), 0), clients.hash(address("192.0.3.1"), 0));
  EXPECT_EQ(clients.hash(address("2001:db8::1"), 0),
            clients.hash(address("2001:db8::ff:0:0:1"), 0));
  EXPECT_NE(clients.hash(address("2001:db8::1"), 0), clients.hash(address("2001:db8:1::1"), 0));
}

TEST(ClientNetworks, SaltAndKeyTellHashesApart) {
  const ClientNetworks clients({}, {1, 2});
  const ClientNetworks others({}, {1, 3});
  EXPECT_NE(clients.hash(address("192.0.2.1"), 0), clients.hash(address("192.0.2.1"), 1));
  EXPECT_NE(clients.hash(address("192.0.2.1"), 0), others.hash(address("192.0.2.1"), 0));
}

TEST(ClientNetworks, SomeAreExempt) {
  const ClientNetworks clients({32, 56, {*Network::parse("192.0.2.0/24")}}, {1, 2});
  EXPECT_TRUE(clients.exempt(address("192.0.2.9")));
  EXPECT_FALSE(clients.exempt(address("192.0.3.9")));
  EXPECT_FALSE(ClientNetworks({}, {1, 2}).exempt(address("192.0.2.9")));
}

}  // namespace
}  // namespace dotring::protect
