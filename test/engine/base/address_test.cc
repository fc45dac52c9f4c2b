#include "engine/base/address.h"

#include <gtest/gtest.h>

namespace dotring {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1"}) {
    const std::optional<IpAddress> address = IpAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->to_text(), text);
  }
}

TEST(IpAddress, KnowsItsFamilyAndWireForm) {
  const IpAddress four = *IpAddress::parse("192.0.2.1");
  EXPECT_TRUE(four.is_ipv4());
  const uint8_t octets[] = {192, 0, 2, 1};
  EXPECT_TRUE(equal(four.wire(), octets));
  const IpAddress six = *IpAddress::parse("2001:db8::1");
  EXPECT_FALSE(six.is_ipv4());
  EXPECT_EQ(six.wire().size(), 16u);
  EXPECT_EQ(IpAddress::from_ipv4(four.wire().data()), four);
  EXPECT_EQ(IpAddress::from_ipv6(six.wire().data()), six);
}

TEST(IpAddress, MappedIpv4IsIpv4) {
  EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", "::g",
                           ":::", "example.com", "[::1]", "fe80::1%eth0", "1.2.3.4/8"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)).has_value());
}

TEST(Endpoint, ReadsAndWritesBothFamilies) {
  for (const char* text : {"192.0.2.1:53", "[2001:db8::1]:853", "[::]:0", "0.0.0.0:65535"}) {
    const std::optional<Endpoint> endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint.has_value()) << text;
    EXPECT_EQ(endpoint->to_text(), text);
  }
}

TEST(Endpoint, ADefaultPortStandsIn) {
  EXPECT_EQ(Endpoint::parse("192.0.2.1", 853)->port, 853);
  EXPECT_EQ(Endpoint::parse("192.0.2.1:53", 853)->port, 53);
  EXPECT_EQ(Endpoint::parse("[::1]", 853)->port, 853);
  EXPECT_EQ(Endpoint::parse("[::1]:53", 853)->port, 53);
  EXPECT_EQ(Endpoint::parse("::1", 853)->port, 853);
}

TEST(Endpoint, RefusesWhatIsNone) {
  for (const char* text : {"", ":", ":53", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536",
                           "192.0.2.1:-1", "192.0.2.1:5x", "192.0.2.1: 53", "[::1]", "[::1",
                           "[]:53", "::1", "[::1]:", "[::1]x53", "[::1]:65536", "host:53"}) {
    EXPECT_FALSE(Endpoint::parse(text).has_value()) << text;
  }
  for (const char* text : {"192.0.2.1:", "192.0.2.1:x", "[::1]:", "[::1]x", "host"}) {
    EXPECT_FALSE(Endpoint::parse(text, 853).has_value()) << text << " with a default port";
  }
}

TEST(Endpoint, ComparesAddressAndPort) {
  EXPECT_EQ(Endpoint::parse("192.0.2.1:53"), Endpoint::parse("192.0.2.1:53"));
  EXPECT_NE(Endpoint::parse("192.0.2.1:53"), Endpoint::parse("192.0.2.1:54"));
  EXPECT_NE(Endpoint::parse("192.0.2.1:53"), Endpoint::parse("192.0.2.2:53"));
}

}  // namespace
}  // namespace dotring
