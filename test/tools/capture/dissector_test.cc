#include <gtest/gtest.h>

#include "test/tools/capture/dissection.h"

namespace dotring::capture {
namespace {

const Octets kQuery = query(1);

/// The one fate of one packet.
Fate fate_of(uint32_t link, const Octets& packet, size_t size_on_wire = 0) {
  Dissection dissection(link);
  dissection.take(packet, 0, size_on_wire);
  dissection.dissector.finish();
  EXPECT_TRUE(dissection.adds_up());
  for (size_t i = 0; i < kFates; ++i) {
    if (dissection.dissector.account().fates[i] == 1) return static_cast<Fate>(i);
  }
  return Fate::Count;
}

void expect_query(uint32_t link, const Octets& packet, const std::string& what) {
  Dissection dissection(link);
  dissection.take(packet);
  EXPECT_EQ(dissection.messages(), std::vector<Octets>{kQuery}) << what;
  EXPECT_EQ(dissection.count(Fate::Queries), 1u) << what;
}

TEST(DissectorTest, FindsQueriesOnEveryLink) {
  const Octets v4 = udp4(kQuery), v6 = udp6(kQuery);
  expect_query(1, ethernet(0x0800, v4), "Ethernet, IPv4");
  expect_query(1, ethernet(0x86dd, v6), "Ethernet, IPv6");
  expect_query(1, ethernet(0x0800, v4) + Octets(7), "Ethernet with padding");
  const Octets snap = {0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
  expect_query(1, ethernet(static_cast<uint16_t>(snap.size() + v4.size()), snap + v4), "SNAP");
  expect_query(113, Octets(14) + be16(0x0800) + v4, "cooked v1");
  expect_query(113, Octets(14) + be16(0x86dd) + v6, "cooked v1, IPv6");
  expect_query(113, Octets(14) + be16(0x8100) + be16(11) + be16(0x0800) + v4, "cooked v1, tag");
  expect_query(276, be16(0x0800) + Octets(18) + v4, "cooked v2");
  expect_query(276, be16(0x86dd) + Octets(18) + v6, "cooked v2, IPv6");
  for (const uint32_t raw : {12u, 14u, 101u}) {
    expect_query(raw, v4, "raw " + std::to_string(raw));
    expect_query(raw, v6, "raw, IPv6 " + std::to_string(raw));
  }
  expect_query(228, v4, "IPv4");
  expect_query(229, v6, "IPv6");
  for (const uint32_t null_or_loop : {0u, 108u}) {
    expect_query(null_or_loop, Octets{2, 0, 0, 0} + v4, "little-endian family");
    expect_query(null_or_loop, Octets{0, 0, 0, 2} + v4, "big-endian family");
    for (const uint8_t inet6 : std::initializer_list<uint8_t>{10, 24, 28, 30}) {
      expect_query(null_or_loop, Octets{inet6, 0, 0, 0} + v6, "little-endian family, IPv6");
      expect_query(null_or_loop, Octets{0, 0, 0, inet6} + v6, "big-endian family, IPv6");
    }
  }
}

TEST(DissectorTest, StepsOverAnyStackOfTags) {
  for (const uint16_t tag :
       std::initializer_list<uint16_t>{0x8100, 0x88a8, 0x9100, 0x9200, 0x9300}) {
    expect_query(1, tagged({tag}, 0x0800, udp4(kQuery)), std::to_string(tag));
    expect_query(1, tagged({tag, 0x8100}, 0x86dd, udp6(kQuery)), std::to_string(tag));
  }
  expect_query(1, tagged({0x88a8, 0x9100, 0x8100, 0x8100}, 0x0800, udp4(kQuery)), "four");
}

TEST(DissectorTest, StepsOverOptionsAndExtensionHeaders) {
  const Octets datagram = udp(kClient4, kServer4, kQuery);
  expect_query(228, ipv4(kClient4, kServer4, 17, datagram, {1, false, 0, Octets(40, 1)}), "IPv4");
  const Octets datagram6 = udp(kClient6, kServer6, kQuery);
  const auto extension = [](uint8_t next) { return Octets{next, 1} + Octets(14); };
  expect_query(
      229, ipv6(kClient6, kServer6, 0, extension(43) + extension(60) + extension(17) + datagram6),
      "three headers");
  // Authentication headers count in fours (RFC 4302).
  expect_query(229, ipv6(kClient6, kServer6, 51, Octets{17, 4} + Octets(22) + datagram6), "AH");
  // A "fragment" that is whole (RFC 6946).
  expect_query(
      229, ipv6(kClient6, kServer6, 44, ipv6_fragment(60, 9, 0, false, extension(17) + datagram6)),
      "one");
}

TEST(DissectorTest, TellsWhatAPacketWasSkippedFor) {
  const Octets v4 = udp4(kQuery);
  EXPECT_EQ(fate_of(1, ethernet(0x0806, Octets(28))), Fate::NotIp);
  EXPECT_EQ(fate_of(1, ethernet(40, Octets(40))), Fate::NotIp);
  EXPECT_EQ(fate_of(0, Octets{7, 0, 0, 0} + v4), Fate::NotIp);
  EXPECT_EQ(fate_of(228, udp6(kQuery)), Fate::NotIp);
  EXPECT_EQ(fate_of(147, v4), Fate::UnknownLink);
  EXPECT_EQ(fate_of(228, ipv4(kClient4, kServer4, 1, Octets(8) + v4)), Fate::OtherProtocol);
  EXPECT_EQ(fate_of(228, udp4(kQuery, kClient4, endpoint("192.0.2.1:5353"))), Fate::OtherPort);
  EXPECT_EQ(fate_of(228, udp4(Octets(11))), Fate::NotDns);
  EXPECT_EQ(fate_of(228, udp4(answer(1))), Fate::NotDns);                     // the wrong way
  EXPECT_EQ(fate_of(228, udp4(query(1), kServer4, kClient4)), Fate::NotDns);  // the wrong way
  EXPECT_EQ(fate_of(228, udp4(answer(1), kServer4, kClient4)), Fate::Answers);
  EXPECT_EQ(fate_of(228, tcp4(7, kAck, {})), Fate::NoPayload);
}

TEST(DissectorTest, TellsCutOffFromMalformed) {
  const Octets packet = ethernet4(udp4(kQuery));
  for (size_t size = 0; size < packet.size(); ++size) {
    const Octets part = cut(packet, 0, size);
    EXPECT_EQ(fate_of(1, part, packet.size()), Fate::CutOff) << size;
  }
  const Octets other = ethernet4(udp4(kQuery, kClient4, endpoint("192.0.2.1:443")));
  EXPECT_EQ(fate_of(1, cut(other, 0, 42), other.size()), Fate::OtherPort);
  EXPECT_EQ(fate_of(1, Octets(5)), Fate::Malformed);
  Octets lying = udp4(kQuery);
  lying[24] = 0xff;  // UDP: longer than the packet
  EXPECT_EQ(fate_of(228, lying), Fate::Malformed);
  Octets short_header = udp4(kQuery);
  short_header[0] = 0x44;
  EXPECT_EQ(fate_of(228, short_header), Fate::Malformed);
  EXPECT_EQ(fate_of(229, ipv6(kClient6, kServer6, 0, Octets{17, 200} + Octets(6))),
            Fate::Malformed);
}

TEST(DissectorTest, KnowsWhoAskedWhomAndWhen) {
  Dissection dissection(228);
  dissection.take(udp4(kQuery), 5);
  dissection.take(udp4(answer(1), kServer4, kClient4), 9);
  ASSERT_EQ(dissection.found.size(), 2u);
  EXPECT_EQ(dissection.found[0].kind, MessageKind::Query);
  EXPECT_EQ(dissection.found[0].source, kClient4);
  EXPECT_EQ(dissection.found[0].destination, kServer4);
  EXPECT_EQ(dissection.found[0].time_ns, kStart + 5);
  EXPECT_FALSE(dissection.found[0].tcp);
  EXPECT_EQ(dissection.found[1].kind, MessageKind::Answer);
  EXPECT_EQ(dissection.found[1].source, kServer4);
}

TEST(DissectorTest, CountsTimesThatGoBack) {
  Dissection dissection(228);
  for (const uint64_t after_ns : {5u, 9u, 8u, 8u, 10u}) dissection.take(udp4(kQuery), after_ns);
  EXPECT_EQ(dissection.dissector.account().time_went_back, 1u);
  EXPECT_EQ(dissection.dissector.account().queries_udp, 5u);
}

TEST(DissectorTest, TakesOtherPorts) {
  Dissector::Options options;
  options.ports = {5353, 53};
  Dissection dissection(228, options);
  dissection.take(udp4(kQuery, kClient4, endpoint("192.0.2.1:5353")));
  dissection.take(udp4(kQuery));
  EXPECT_EQ(dissection.found.size(), 2u);
}

}  // namespace
}  // namespace dotring::capture
