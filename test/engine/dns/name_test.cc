#include "engine/dns/name.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/engine/dns/message_builder.h"

namespace dotring::dns {
namespace {

// A message that has `octets` behind its header; names are read from there.
Octets behind_header(const Octets& octets) {
  return Octets(kHeaderSize, 0) + octets;
}

std::optional<std::string> read_text(const Octets& message, size_t at, size_t* end = nullptr) {
  Reader reader(message, at);
  const std::optional<Name> name = read_name(message, reader);
  EXPECT_EQ(name.has_value(), reader.ok());
  Reader checked(message, at);
  check_name(message, checked);
  EXPECT_EQ(checked.ok(), reader.ok());
  if (reader.ok()) {
    EXPECT_EQ(checked.offset(), reader.offset());
  }
  if (end) *end = reader.offset();
  if (!name) return std::nullopt;
  return name_to_text(name->wire());
}

bool skips(const Octets& message, size_t at, size_t* end = nullptr) {
  Reader reader(message, at);
  skip_name(reader);
  if (end) *end = reader.offset();
  return reader.ok();
}

Octets label(size_t size, char c = 'x') {
  return Octets(1, static_cast<uint8_t>(size)) + Octets(size, static_cast<uint8_t>(c));
}

// 63 + 63 + 63 + `last` octets of labels and the root: 194 + last octets of name.
Octets long_name(size_t last) {
  return label(63) + label(63) + label(63) + label(last) + Octets{0};
}

TEST(Name, ReadsAPlainName) {
  size_t end = 0;
  EXPECT_EQ(read_text(behind_header(wire("www.Example.com") + Octets{9}), 12, &end),
            "www.Example.com.");
  EXPECT_EQ(end, 12u + 17);
  EXPECT_TRUE(skips(behind_header(wire("www.Example.com")), 12, &end));
  EXPECT_EQ(end, 12u + 17);
}

TEST(Name, ReadsTheRoot) {
  EXPECT_EQ(read_text(behind_header({0}), 12), ".");
  EXPECT_EQ(plain_name_size(Octets{0, 1, 2}), 1u);
}

TEST(Name, FollowsPointersBackwardsAndStopsBehindTheFirst) {
  const Octets message = behind_header(wire("example.com") + label(3, 'w') + Octets{0xc0, 12} +
                                       label(1, 'a') + Octets{0xc0, 25, 0xc0, 31, 7});
  size_t end = 0;
  EXPECT_EQ(read_text(message, 25, &end), "www.example.com.");
  EXPECT_EQ(end, 31u);
  EXPECT_EQ(read_text(message, 31, &end), "a.www.example.com.");
  EXPECT_EQ(end, 35u);
  EXPECT_EQ(read_text(message, 35, &end), "a.www.example.com.");
  EXPECT_EQ(end, 37u);
  EXPECT_TRUE(skips(message, 31, &end));
  EXPECT_EQ(end, 35u);
}

TEST(Name, RefusesAPointerToItself) {
  EXPECT_EQ(read_text(behind_header({0xc0, 12}), 12), std::nullopt);
  EXPECT_FALSE(skips(behind_header({0xc0, 12}), 12));
}

TEST(Name, RefusesAPointerIntoItsOwnLabels) {
  const Octets message = behind_header(Octets{0} + label(1) + label(1) + Octets{0xc0, 13});
  EXPECT_EQ(read_text(message, 13), std::nullopt);
  EXPECT_FALSE(skips(message, 13));
  EXPECT_EQ(read_text(message, 15), std::nullopt) << "loops through what comes before it";
}

TEST(Name, RefusesTwoPointersThatLoop) {
  const Octets message = behind_header({0xc0, 14, 0xc0, 12});
  EXPECT_EQ(read_text(message, 12), std::nullopt);
  EXPECT_EQ(read_text(message, 14), std::nullopt);
}

TEST(Name, RefusesAForwardPointer) {
  const Octets message = behind_header(Octets{0xc0, 14} + wire("com"));
  EXPECT_EQ(read_text(message, 12), std::nullopt);
  EXPECT_FALSE(skips(message, 12));
}

TEST(Name, RefusesAPointerToLabelsThatRunIntoIt) {
  // The label at 12 holds the pointer at 14 as its content, and the root stands behind it.
  const Octets message = behind_header({3, 'a', 0xc0, 12, 0});
  EXPECT_EQ(read_text(message, 14), std::nullopt);
  EXPECT_EQ(read_text(behind_header({1, 'a', 0, 0xc0, 12, 0}), 15), "a.") << "this one ends before";
}

TEST(Name, RefusesAPointerIntoTheHeader) {
  for (uint8_t target = 0; target < kHeaderSize; ++target) {
    const Octets message = behind_header({0xc0, target});
    EXPECT_EQ(read_text(message, 12), std::nullopt) << int{target};
    EXPECT_FALSE(skips(message, 12)) << int{target};
  }
}

TEST(Name, RefusesAPointerBeyondTheEnd) {
  EXPECT_EQ(read_text(behind_header({0xff, 0xff}), 12), std::nullopt);
  EXPECT_EQ(read_text(behind_header({0xc0}), 12), std::nullopt);
  EXPECT_FALSE(skips(behind_header({0xc0}), 12));
}

TEST(Name, RefusesReservedLabelTypes) {
  for (const uint8_t octet : Octets{0x40, 0x7f, 0x80, 0xbf}) {
    const Octets message = behind_header(Octets{octet} + Octets(200, 0));
    EXPECT_EQ(read_text(message, 12), std::nullopt) << int{octet};
    EXPECT_FALSE(skips(message, 12)) << int{octet};
    EXPECT_EQ(plain_name_size(Bytes(message).subspan(12)), 0u) << int{octet};
  }
}

TEST(Name, TakesLabelsOf63) {
  const Octets message = behind_header(label(63) + Octets{0});
  EXPECT_TRUE(read_text(message, 12).has_value());
  EXPECT_TRUE(skips(message, 12));
  EXPECT_EQ(plain_name_size(label(63) + Octets{0}), 65u);
}

TEST(Name, Takes255OctetsAndRefuses256) {
  const Octets most = long_name(61);
  ASSERT_EQ(most.size(), 255u);
  EXPECT_TRUE(read_text(behind_header(most), 12).has_value());
  EXPECT_TRUE(skips(behind_header(most), 12));
  EXPECT_EQ(plain_name_size(most), 255u);
  const Octets over = long_name(62);
  EXPECT_EQ(read_text(behind_header(over), 12), std::nullopt);
  EXPECT_FALSE(skips(behind_header(over), 12));
  EXPECT_EQ(plain_name_size(over), 0u);
}

TEST(Name, CountsTheOctetsBehindPointers) {
  const Octets prefix = behind_header(long_name(59));  // 253 octets
  EXPECT_TRUE(read_text(prefix + label(1) + Octets{0xc0, 12}, prefix.size()).has_value());
  EXPECT_EQ(read_text(prefix + label(2) + Octets{0xc0, 12}, prefix.size()), std::nullopt);
}

TEST(Name, Takes127LabelsAndRefusesMore) {
  Octets labels;
  for (int i = 0; i < 127; ++i) labels = labels + label(1);
  EXPECT_TRUE(read_text(behind_header(labels + Octets{0}), 12).has_value());
  EXPECT_EQ(read_text(behind_header(labels + label(1) + Octets{0}), 12), std::nullopt);
}

TEST(Name, BoundsChainsOfBarePointers) {
  Octets message = behind_header({0});
  for (size_t i = 0; i < 200; ++i) {
    const size_t target = i == 0 ? 12 : message.size() - 2;
    message = message + be16(0xc000 | static_cast<unsigned>(target));
  }
  EXPECT_EQ(read_text(message, 13 + 2 * 126), ".") << "127 pointers";
  EXPECT_EQ(read_text(message, 13 + 2 * 127), std::nullopt) << "128 pointers";
}

TEST(Name, EveryPrefixOfANameIsRefused) {
  const Octets name = wire("a.bc.def.example");
  for (size_t size = 0; size < name.size(); ++size) {
    const Octets prefix(name.begin(), name.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(read_text(behind_header(prefix), 12), std::nullopt) << size;
    EXPECT_FALSE(skips(behind_header(prefix), 12)) << size;
    EXPECT_EQ(plain_name_size(prefix), 0u) << size;
  }
}

TEST(Name, AFailedReaderStaysFailed) {
  const Octets message = behind_header(wire("com"));
  Reader reader(message, 12);
  reader.fail();
  EXPECT_FALSE(read_name(message, reader).has_value());
  check_name(message, reader);
  skip_name(reader);
  EXPECT_FALSE(reader.ok());
}

TEST(Name, PlainNamesAreNotCompressed) {
  EXPECT_EQ(plain_name_size(label(1) + Octets{0xc0, 12}), 0u);
  EXPECT_EQ(plain_name_size({}), 0u);
}

TEST(NameCase, FoldsExactlyTheLettersAtEverySize) {
  for (size_t size = 0; size < 40; ++size) {
    for (unsigned value = 0; value < 256; ++value) {
      const Octets from(size, static_cast<uint8_t>(value));
      const bool letter = value >= 'A' && value <= 'Z';
      const Octets wanted(size, static_cast<uint8_t>(letter ? value + 0x20 : value));
      Octets to(size + 1, 0xee);
      copy_lower(from, to.data());
      EXPECT_EQ(to, wanted + Octets{0xee}) << size << " of " << value;
      EXPECT_TRUE(equal_ignoring_case(from, wanted)) << size << " of " << value;
    }
  }
}

TEST(NameCase, FoldsInPlace) {
  Octets name = wire("WWW.ExAmPlE.CoM");
  copy_lower(name, name.data());
  EXPECT_EQ(name, wire("www.example.com"));
}

TEST(NameCase, NeighboursOfAnOctetDoNotChangeIt) {
  Random random({7, 7});
  for (int round = 0; round < 2000; ++round) {
    Octets from(1 + random.below(64));
    for (uint8_t& octet : from) octet = static_cast<uint8_t>(random.below(256));
    Octets to(from.size());
    copy_lower(from, to.data());
    for (size_t i = 0; i < from.size(); ++i) {
      const bool letter = from[i] >= 'A' && from[i] <= 'Z';
      ASSERT_EQ(to[i], letter ? from[i] + 0x20 : from[i]);
    }
  }
}

TEST(NameCase, TellsNamesApartWhereverTheyDiffer) {
  const Octets a = wire("www.example.com");
  for (size_t i = 0; i < a.size(); ++i) {
    Octets b = a;
    b[i] ^= 1;
    EXPECT_FALSE(equal_ignoring_case(a, b)) << i;
  }
  EXPECT_FALSE(equal_ignoring_case(a, wire("www.example.co")));
  EXPECT_TRUE(equal_ignoring_case(a, wire("wWw.eXample.Com")));
  EXPECT_FALSE(equal_ignoring_case(Octets{1, '@', 0}, Octets{1, '`', 0}));
  EXPECT_FALSE(equal_ignoring_case(Octets{1, '[', 0}, Octets{1, '{', 0}));
}

TEST(Name, IsWithinItselfItsParentsAndTheRoot) {
  EXPECT_TRUE(is_within(wire("a.example"), wire("a.example")));
  EXPECT_TRUE(is_within(wire("b.a.example"), wire("a.example")));
  EXPECT_TRUE(is_within(wire("example"), wire(".")));
  EXPECT_TRUE(is_within(wire("."), wire(".")));
  EXPECT_FALSE(is_within(wire("example"), wire("a.example")));
  EXPECT_FALSE(is_within(wire("ba.example"), wire("a.example"))) << "not at a label's edge";
  EXPECT_FALSE(is_within(wire("."), wire("example")));
  // The label "\001a" holds octets that look like the label "a".
  EXPECT_FALSE(is_within(wire("x\\001a.example"), wire("a.example")));
}

TEST(NameText, RoundTripsAnyOctets) {
  Random random({3, 4});
  for (int round = 0; round < 2000; ++round) {
    Octets name;
    while (name.size() < 180 && random.below(6) != 0) {
      Octets octets(1 + random.below(63));
      for (uint8_t& octet : octets) octet = static_cast<uint8_t>(random.below(256));
      name = name + Octets{static_cast<uint8_t>(octets.size())} + octets;
    }
    name.push_back(0);
    ASSERT_EQ(plain_name_size(name), name.size());
    EXPECT_EQ(wire(name_to_text(name)), name) << name_to_text(name);
  }
}

TEST(NameText, WritesEscapes) {
  const Octets name = {6, 'a', '.', '\\', 0, ' ', 0xff, 0};
  EXPECT_EQ(name_to_text(name), "a\\.\\\\\\000\\032\\255.");
}

TEST(NameText, ReadsEscapesAndBothEndings) {
  EXPECT_EQ(wire("a\\.b"), (Octets{3, 'a', '.', 'b', 0}));
  EXPECT_EQ(wire("\\065\\B."), (Octets{2, 'A', 'B', 0}));
  EXPECT_EQ(wire("example.com."), wire("example.com"));
  EXPECT_EQ(wire("."), Octets{0});
}

TEST(NameText, RefusesWhatIsNoName) {
  for (const char* text :
       {"", "..", ".a", "a..b", "a..", "\\", "a\\", "\\2", "\\25", "\\256", "\\25x", "a.\\"}) {
    EXPECT_FALSE(name_from_text(text).has_value()) << text;
  }
}

TEST(NameText, KeepsTheLimits) {
  const std::string l63(63, 'a');
  EXPECT_TRUE(name_from_text(l63).has_value());
  EXPECT_FALSE(name_from_text(l63 + "a").has_value());
  const std::string three = l63 + "." + l63 + "." + l63 + ".";
  EXPECT_EQ(name_from_text(three + std::string(61, 'b'))->size, 255);
  EXPECT_EQ(name_from_text(three + std::string(61, 'b') + ".")->size, 255);
  EXPECT_FALSE(name_from_text(three + std::string(62, 'b')).has_value());
  EXPECT_FALSE(name_from_text(three + std::string(60, 'b') + ".c").has_value());
  EXPECT_EQ(name_from_text(three + std::string(59, 'b') + ".c")->size, 255);
  EXPECT_FALSE(name_from_text(std::string(5000, 'a')).has_value());
}

}  // namespace
}  // namespace dotring::dns
