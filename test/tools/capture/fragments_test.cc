#include <gtest/gtest.h>

#include <algorithm>

#include "test/tools/capture/dissection.h"

namespace dotring::capture {
namespace {

// Long enough for three fragments.
const Octets kLongQuery = query(1) + Octets(80, 7);
const Octets kDatagram = udp(kClient4, kServer4, kLongQuery);

Octets piece(size_t from, size_t size, uint16_t id = 1) {
  const bool more = from + size < kDatagram.size();
  return ipv4(kClient4, kServer4, 17, cut(kDatagram, from, size), {id, more, from, {}});
}

std::vector<Octets> pieces(uint16_t id = 1) {
  return {piece(0, 48, id), piece(48, 40, id), piece(88, 1000, id)};
}

TEST(FragmentsTest, PutsDatagramsTogetherInAnyOrder) {
  std::vector<int> order = {0, 1, 2};
  do {
    Dissection dissection(228);
    for (const int index : order) dissection.take(pieces()[static_cast<size_t>(index)]);
    EXPECT_EQ(dissection.messages(), std::vector<Octets>{kLongQuery});
    EXPECT_EQ(dissection.count(Fate::FragmentUsed), 2u);
    EXPECT_EQ(dissection.count(Fate::Queries), 1u);
  } while (std::ranges::next_permutation(order).found);
}

TEST(FragmentsTest, PutsIpv6DatagramsTogether) {
  const Octets datagram = Octets{17, 0} + Octets(6) + udp(kClient6, kServer6, kLongQuery);
  Dissection dissection(229);
  const auto part = [&](size_t from, size_t size, bool more) {
    return ipv6(kClient6, kServer6, 44,
                ipv6_fragment(60, 77, from, more, cut(datagram, from, size)));
  };
  dissection.take(part(64, 1000, false));
  dissection.take(part(0, 64, true));
  EXPECT_EQ(dissection.messages(), std::vector<Octets>{kLongQuery});
}

TEST(FragmentsTest, KeepsDatagramsApart) {
  Dissection dissection(228);
  for (size_t i = 0; i < 3; ++i) {
    dissection.take(pieces(1)[i]);
    dissection.take(pieces(2)[i]);
  }
  EXPECT_EQ(dissection.messages(), (std::vector<Octets>{kLongQuery, kLongQuery}));
}

TEST(FragmentsTest, TakesTheSameFragmentTwice) {
  Dissection dissection(228);
  dissection.take(pieces()[0]);
  dissection.take(pieces()[0]);
  dissection.take(pieces()[1]);
  dissection.take(pieces()[2]);
  EXPECT_EQ(dissection.found.size(), 1u);
  EXPECT_EQ(dissection.count(Fate::Repeated), 1u);
}

TEST(FragmentsTest, DropsWhatContradictsItself) {
  const std::vector<Octets> wrong = {
      piece(40, 48),                                                   // overlaps
      ipv4(kClient4, kServer4, 17, Octets(40, 9), {1, true, 8, {}}),   // lies inside
      ipv4(kClient4, kServer4, 17, Octets(8, 9), {1, false, 16, {}}),  // ends too early
  };
  for (const Octets& packet : wrong) {
    Dissection dissection(228);
    dissection.take(pieces()[0]);
    dissection.take(packet);
    dissection.dissector.finish();
    EXPECT_TRUE(dissection.found.empty());
    EXPECT_EQ(dissection.count(Fate::FragmentOverlap), 2u);
    EXPECT_TRUE(dissection.adds_up());
  }
  Dissection dissection(228);
  dissection.take(pieces()[2]);
  dissection.take(
      ipv4(kClient4, kServer4, 17, Octets(800, 9), {1, true, 800, {}}));  // behind the end
  EXPECT_EQ(dissection.count(Fate::FragmentOverlap), 2u);
}

TEST(FragmentsTest, RefusesImpossibleFragments) {
  Dissection dissection(228);
  dissection.take(ipv4(kClient4, kServer4, 17, Octets(12), {1, true, 0, {}}));
  dissection.take(ipv4(kClient4, kServer4, 17, Octets(), {1, true, 8, {}}));
  dissection.take(ipv4(kClient4, kServer4, 17, Octets(16), {1, false, 65528, {}}));
  EXPECT_EQ(dissection.count(Fate::Malformed), 3u);
}

TEST(FragmentsTest, GivesUpWhatIsNeverComplete) {
  Dissection dissection(228);
  dissection.take(pieces(1)[0]);
  dissection.take(pieces(1)[1]);
  dissection.take(pieces(2)[0], 31 * kSecond);
  EXPECT_EQ(dissection.count(Fate::FragmentIncomplete), 2u);
  dissection.dissector.finish();
  EXPECT_EQ(dissection.count(Fate::FragmentIncomplete), 3u);
  EXPECT_TRUE(dissection.adds_up());
}

TEST(FragmentsTest, HoldsNoMoreThanItMay) {
  Dissector::Options options;
  options.fragments.datagrams_max = 10;
  Dissection dissection(228, options);
  for (uint16_t id = 0; id < 100; ++id) dissection.take(pieces(id)[0]);
  EXPECT_EQ(dissection.count(Fate::FragmentIncomplete), 90u);
  dissection.take(pieces(99)[1]);
  dissection.take(pieces(99)[2]);
  EXPECT_EQ(dissection.found.size(), 1u);

  options.fragments.octets_max = 70'000;
  Dissection few_octets(228, options);
  for (uint16_t id = 0; id < 5; ++id) {
    few_octets.take(ipv4(kClient4, kServer4, 17, Octets(4096), {id, true, 0, {}}));
  }
  EXPECT_GT(few_octets.count(Fate::FragmentIncomplete), 2u);
}

}  // namespace
}  // namespace dotring::capture
