#include "tools/dotring/audit/client_mask.h"

#include <gtest/gtest.h>

namespace dotring::appliance {
namespace {

constexpr HashKey kKey{1, 2};

std::string masked(AuditClients clients, const char* address, const HashKey& key = kKey) {
  return ClientMask(clients, key).text(*IpAddress::parse(address));
}

TEST(ClientMask, WholeAndPrefix) {
  EXPECT_EQ(masked(AuditClients::Whole, "192.0.2.77"), "192.0.2.77");
  EXPECT_EQ(masked(AuditClients::Prefix, "192.0.2.77"), "192.0.2.0");
  EXPECT_EQ(masked(AuditClients::Prefix, "2001:db8:1:2ff:3:4:5:6"), "2001:db8:1:200::");
}

TEST(ClientMask, HashesDependOnTheKeyAndTheWholeAddress) {
  const std::string hash = masked(AuditClients::Hashed, "192.0.2.77");
  EXPECT_EQ(hash.size(), 8u);
  EXPECT_EQ(hash, masked(AuditClients::Hashed, "192.0.2.77"));
  EXPECT_NE(hash, masked(AuditClients::Hashed, "192.0.2.78"));
  EXPECT_NE(hash, masked(AuditClients::Hashed, "192.0.2.77", {1, 3}));
  EXPECT_EQ(masked(AuditClients::Hashed, "2001:db8::1").size(), 32u);
}

TEST(ClientMask, AHashIsOfItsAddressesFamily) {
  const ClientMask mask(AuditClients::Hashed, kKey);
  EXPECT_TRUE(mask.masked(*IpAddress::parse("192.0.2.77")).is_ipv4());
  EXPECT_FALSE(mask.masked(*IpAddress::parse("2001:db8::1")).is_ipv4());
}

TEST(ClientMask, PortsAreShownWithWholeAddressesOnly) {
  EXPECT_TRUE(ClientMask(AuditClients::Whole, kKey).shows_port());
  EXPECT_FALSE(ClientMask(AuditClients::Prefix, kKey).shows_port());
  EXPECT_FALSE(ClientMask(AuditClients::Hashed, kKey).shows_port());
  EXPECT_FALSE(ClientMask(AuditClients::None, kKey).shows_address());
}

}  // namespace
}  // namespace dotring::appliance
