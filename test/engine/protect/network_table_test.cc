#include "engine/protect/network_table.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/engine/protect/clients.h"

namespace dotring::protect {
namespace {

NetworkTable table(const std::vector<std::pair<const char*, uint8_t>>& networks) {
  std::vector<NetworkTable::Entry> entries;
  for (const auto& [text, value] : networks) entries.push_back({*Network::parse(text), value});
  return NetworkTable(entries, 0);
}

/// The definition, slowly.
uint8_t longest(const std::vector<NetworkTable::Entry>& entries, const IpAddress& address) {
  int bits = -1;
  uint8_t value = 0;
  for (const NetworkTable::Entry& one : entries) {
    if (one.network.is_ipv4() != address.is_ipv4()) continue;
    if (first_bits(address, one.network.bits) != one.network.address) continue;
    if (one.network.bits < bits) continue;
    bits = one.network.bits;
    value = one.value;
  }
  return value;
}

TEST(NetworkTable, WithoutNetworksEverythingIsOtherwise) {
  const NetworkTable empty({}, 7);
  EXPECT_EQ(empty.find(address("192.0.2.1")), 7);
  EXPECT_EQ(empty.find(address("2001:db8::1")), 7);
  EXPECT_EQ(empty.only_value(), 7);
}

TEST(NetworkTable, TheLongestNetworkDecides) {
  const NetworkTable some =
      table({{"10.1.2.0/24", 3}, {"10.0.0.0/8", 1}, {"10.1.0.0/16", 2}, {"10.1.2.255/32", 4}});
  EXPECT_EQ(some.find(address("9.255.255.255")), 0);
  EXPECT_EQ(some.find(address("10.0.0.0")), 1);
  EXPECT_EQ(some.find(address("10.1.0.1")), 2);
  EXPECT_EQ(some.find(address("10.1.2.254")), 3);
  EXPECT_EQ(some.find(address("10.1.2.255")), 4);
  EXPECT_EQ(some.find(address("10.1.3.0")), 2);
  EXPECT_EQ(some.find(address("10.2.0.0")), 1);
  EXPECT_EQ(some.find(address("11.0.0.0")), 0);
}

TEST(NetworkTable, TheEndsOfTheAddressSpaceAreHeld) {
  const NetworkTable ends = table({{"0.0.0.0/32", 1},
                                   {"255.255.255.255/32", 2},
                                   {"::/128", 3},
                                   {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 4}});
  EXPECT_EQ(ends.find(address("0.0.0.0")), 1);
  EXPECT_EQ(ends.find(address("0.0.0.1")), 0);
  EXPECT_EQ(ends.find(address("255.255.255.254")), 0);
  EXPECT_EQ(ends.find(address("255.255.255.255")), 2);
  EXPECT_EQ(ends.find(address("::")), 3);
  EXPECT_EQ(ends.find(address("::1")), 0);
  EXPECT_EQ(ends.find(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 4);
}

TEST(NetworkTable, TheFamiliesAreApart) {
  const NetworkTable wide = table({{"::/0", 6}, {"0.0.0.0/0", 4}});
  EXPECT_EQ(wide.find(address("192.0.2.1")), 4);
  EXPECT_EQ(wide.find(address("2001:db8::1")), 6);
  EXPECT_FALSE(wide.only_value());
  EXPECT_EQ(table({{"::/0", 5}, {"0.0.0.0/0", 5}}).only_value(), 5);
}

TEST(NetworkTable, OfEqualNetworksTheLastCounts) {
  EXPECT_EQ(table({{"10.0.0.0/8", 1}, {"10.0.0.0/8", 2}}).find(address("10.1.1.1")), 2);
}

TEST(NetworkTable, NeighboursOfOneValueAreOneRange) {
  const size_t both = table({{"10.0.0.0/9", 1}, {"10.128.0.0/9", 1}, {"10.1.0.0/16", 1}}).ranges();
  EXPECT_EQ(both, table({{"10.0.0.0/8", 1}}).ranges());
}

// Addresses are drawn near the networks: random ones of IPv6 would meet none.
TEST(NetworkTable, FindsWhatTheDefinitionFindsForRandomNetworks) {
  Random random({1, 2});
  for (int round = 0; round < 30; ++round) {
    std::vector<NetworkTable::Entry> entries;
    for (int i = 0; i < 60; ++i) {
      IpAddress start = address(random.below(2) == 0 ? "10.0.0.0" : "2001:db8::");
      start.octets[15] = static_cast<uint8_t>(random.next());
      start.octets[14] = static_cast<uint8_t>(random.below(4));
      const auto bits = static_cast<uint8_t>(96 + random.below(33));
      entries.push_back({{first_bits(start, bits), bits}, static_cast<uint8_t>(random.below(4))});
    }
    const NetworkTable some(entries, 0);
    for (int i = 0; i < 2000; ++i) {
      IpAddress one = entries[random.below(60)].network.address;
      one.octets[15] = static_cast<uint8_t>(one.octets[15] + random.below(5) - 2);
      ASSERT_EQ(some.find(one), longest(entries, one)) << one.to_text();
    }
  }
}

}  // namespace
}  // namespace dotring::protect
