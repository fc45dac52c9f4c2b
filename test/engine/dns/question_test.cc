#include "engine/dns/question.h"

#include <gtest/gtest.h>

#include "test/engine/dns/message_builder.h"

namespace dotring::dns {
namespace {

constexpr HashKey kHashKey{1, 2};

QuestionKey key_of(const Octets& name, uint16_t type = type::kA, uint16_t klass = kClassIn,
                   uint8_t bits = QuestionKey::kRd) {
  return QuestionKey({name, type, klass}, bits, kHashKey);
}

TEST(QuestionKey, IsLowerCaseNameTypeClassBits) {
  const QuestionKey key = key_of(wire("WWW.Example"), 0x1234, 0x5678, QuestionKey::kDo);
  EXPECT_EQ(octets_of(key.bytes()), wire("www.example") + be16(0x1234) + be16(0x5678) + Octets{1});
  EXPECT_EQ(octets_of(key.name()), wire("www.example"));
  EXPECT_EQ(octets_of(key.question_wire()), wire("www.example") + be16(0x1234) + be16(0x5678));
  EXPECT_EQ(key.type(), 0x1234);
  EXPECT_EQ(key.klass(), 0x5678);
  EXPECT_EQ(key.bits(), QuestionKey::kDo);
  EXPECT_EQ(key.hash(), siphash13(kHashKey, key.bytes()));
}

TEST(QuestionKey, IgnoresCase) {
  EXPECT_EQ(key_of(wire("a.Long.Enough.Name")), key_of(wire("A.lONG.eNOUGH.nAME")));
}

TEST(QuestionKey, TellsApartWhatChangesTheAnswer) {
  const QuestionKey key = key_of(wire("example"));
  EXPECT_FALSE(key == key_of(wire("exbmple")));
  EXPECT_FALSE(key == key_of(wire("example"), type::kAaaa));
  EXPECT_FALSE(key == key_of(wire("example"), type::kA, 3));
  EXPECT_FALSE(key == key_of(wire("example"), type::kA, kClassIn, 0));
  EXPECT_NE(key.hash(), key_of(wire("example"), type::kAaaa).hash());
}

TEST(QuestionKey, TheHashDependsOnTheSecret) {
  const Octets name = wire("example");
  const QuestionKey other({name, type::kA, kClassIn}, QuestionKey::kRd, {1, 3});
  EXPECT_NE(other.hash(), key_of(name).hash());
}

TEST(QuestionKey, HoldsTheRootAndTheLongestName) {
  EXPECT_EQ(key_of({0}).bytes().size(), 6u);
  Octets longest;
  for (int i = 0; i < 127; ++i) longest = longest + Octets{1, 'Z'};
  longest.push_back(0);
  EXPECT_EQ(key_of(longest).bytes().size(), QuestionKey::kSizeMax);
  EXPECT_EQ(key_of(longest).name()[253], 'z');
}

TEST(QuestionKey, ComesBackFromItsBytes) {
  const QuestionKey key = key_of(wire("Some.Name"), type::kTxt, 4, 7);
  const std::optional<QuestionKey> again = QuestionKey::from_bytes(key.bytes(), kHashKey);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, key);
}

TEST(QuestionKey, RefusesBytesThatAreNoKey) {
  const Octets good = octets_of(key_of(wire("some.name")).bytes());
  ASSERT_TRUE(QuestionKey::from_bytes(good, kHashKey).has_value());
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(QuestionKey::from_bytes(Bytes(good).first(size), kHashKey).has_value()) << size;
  }
  EXPECT_FALSE(QuestionKey::from_bytes(good + Octets{0}, kHashKey).has_value()) << "longer";
  Octets upper = good;
  upper[1] = 'S';
  EXPECT_FALSE(QuestionKey::from_bytes(upper, kHashKey).has_value()) << "upper case";
  Octets bits = good;
  bits.back() = 8;
  EXPECT_FALSE(QuestionKey::from_bytes(bits, kHashKey).has_value()) << "unknown bit";
  Octets compressed = good;
  compressed[0] = 0xc0;
  EXPECT_FALSE(QuestionKey::from_bytes(compressed, kHashKey).has_value()) << "pointer";
}

TEST(Question, KnowsItsSizeInTheMessage) {
  const Octets name = wire("example");
  EXPECT_EQ((Question{name, 1, 1}.wire_size()), name.size() + 4);
}

}  // namespace
}  // namespace dotring::dns
