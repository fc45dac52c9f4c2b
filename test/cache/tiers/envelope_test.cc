#include "cache/tiers/envelope.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "cache/tiers/key_name.h"
#include "test/cache/answers.h"
#include "test/cache/tiers/seal_keys.h"

namespace dotring::cache::tiers {
namespace {

std::vector<uint8_t> close(Envelope& envelope, std::string_view body, std::string_view context) {
  std::vector<uint8_t> room(body.size() + Envelope::kOverheadMax);
  std::memcpy(room.data() + envelope.head_size(), body.data(), body.size());
  room.resize(envelope.close(room, body.size(), bytes_of(context)));
  return room;
}

struct Result {
  EnvelopeFault fault;
  std::string body;
};

Result open(const Envelope& envelope, Bytes value, std::string_view context) {
  std::vector<uint8_t> scratch(value.size());
  Bytes body;
  const EnvelopeFault fault = envelope.open(value, bytes_of(context), scratch, body);
  return {fault, std::string(text_of(body))};
}

TEST(SealKeyTest, FilesHoldOctetsOrDigits) {
  const std::string octets = "\x01\x23\x45\x67\x89\xab\xcd\xef" + std::string(24, 'x');
  std::string digits = "0123456789abCDef";
  for (int i = 0; i < 24; ++i) digits += "78";
  const SealKey key = SealKey::from_file_content(octets).value();
  EXPECT_TRUE(equal(key.id(), SealKey::from_file_content(digits).value().id()));
  EXPECT_TRUE(equal(key.id(), SealKey::from_file_content(digits + "\n").value().id()));
  EXPECT_FALSE(SealKey::from_file_content(""));
  EXPECT_FALSE(SealKey::from_file_content("\n"));
  EXPECT_FALSE(SealKey::from_file_content(octets + "x"));
  EXPECT_FALSE(SealKey::from_file_content(digits.substr(1)));
  digits[5] = 'g';
  EXPECT_FALSE(SealKey::from_file_content(digits));
}

TEST(SealKeyTest, KeysDifferInAllTheyGive) {
  const SealKey a = key_number('a');
  const SealKey b = key_number('b');
  EXPECT_FALSE(equal(a.id(), b.id()));
  EXPECT_NE(a.hash(bytes_of("name")), b.hash(bytes_of("name")));
  EXPECT_NE(a.hash(bytes_of("name")), a.hash(bytes_of("names")));
  const SealKey::Hash hash = a.hash(bytes_of("name"));
  EXPECT_FALSE(equal(Bytes(hash).first(8), Bytes(hash).last(8)));
}

TEST(EnvelopeTest, PlainIsReadable) {
  Envelope envelope({}, {1, 2});
  const std::vector<uint8_t> value = close(envelope, "body", "key");
  EXPECT_EQ(std::string(text_of(value)), std::string("\x01\x00"
                                                     "body",
                                                     6));
  const Result result = open(envelope, value, "another key");
  EXPECT_EQ(result.fault, EnvelopeFault::None);
  EXPECT_EQ(result.body, "body");
}

TEST(EnvelopeTest, SealedIsNotReadableAndComesBackPadded) {
  Envelope envelope({key_number('a')}, {1, 2});
  const std::vector<uint8_t> value = close(envelope, "a body that nobody sees", "key");
  EXPECT_EQ(value.size(), Envelope::kHeadMax + 64 + SealKey::kTagSize);
  EXPECT_EQ(text_of(value).find("body"), std::string_view::npos);
  const Result result = open(envelope, value, "key");
  EXPECT_EQ(result.fault, EnvelopeFault::None);
  EXPECT_EQ(result.body, "a body that nobody sees" + std::string(41, '\0'));
}

TEST(EnvelopeTest, EveryChangedBitIsNoticed) {
  Envelope envelope({key_number('a')}, {1, 2});
  const std::vector<uint8_t> value = close(envelope, "body", "key");
  for (size_t bit = 0; bit < 8 * value.size(); ++bit) {
    std::vector<uint8_t> changed = value;
    changed[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_NE(open(envelope, changed, "key").fault, EnvelopeFault::None) << bit;
  }
}

TEST(EnvelopeTest, WhatWasMovedOrCutDoesNotOpen) {
  Envelope envelope({key_number('a')}, {1, 2});
  const std::vector<uint8_t> value = close(envelope, "body", "key");
  EXPECT_EQ(open(envelope, value, "yek").fault, EnvelopeFault::Seal);
  for (size_t size = 0; size < value.size(); ++size) {
    EXPECT_NE(open(envelope, Bytes(value).first(size), "key").fault, EnvelopeFault::None) << size;
  }
}

TEST(EnvelopeTest, NoNonceComesTwice) {
  Envelope envelope({key_number('a')}, {1, 2});
  Envelope other({key_number('a')}, {1, 3});
  std::set<std::vector<uint8_t>> nonces;
  for (int i = 0; i < 100; ++i) {
    for (Envelope* one : {&envelope, &other}) {
      const std::vector<uint8_t> value = close(*one, "body", "key");
      nonces.insert({value.begin() + 6, value.begin() + 30});
    }
  }
  EXPECT_EQ(nonces.size(), 200u);
}

TEST(EnvelopeTest, KeysAreChangedWithTwo) {
  const SealKey first = key_number('a');
  const SealKey second = key_number('b');
  Envelope before({first}, {1, 2});
  Envelope between({second, first}, {3, 4});
  Envelope after({second}, {5, 6});
  const std::vector<uint8_t> by_first = close(before, "body", "key");
  const std::vector<uint8_t> by_second = close(between, "body", "key");
  EXPECT_EQ(open(between, by_first, "key").fault, EnvelopeFault::None);
  EXPECT_EQ(open(after, by_second, "key").fault, EnvelopeFault::None);
  EXPECT_EQ(open(after, by_first, "key").fault, EnvelopeFault::Seal);
}

TEST(EnvelopeTest, PlainAndSealedDoNotMix) {
  Envelope plain({}, {1, 2});
  Envelope sealed({key_number('a')}, {1, 2});
  EXPECT_EQ(open(sealed, close(plain, "body", "key"), "key").fault, EnvelopeFault::Seal);
  EXPECT_EQ(open(plain, close(sealed, "body", "key"), "key").fault, EnvelopeFault::Seal);
}

TEST(EnvelopeTest, OtherVersionsAreNotOurs) {
  Envelope envelope({}, {1, 2});
  for (const uint8_t version : std::vector<uint8_t>{0, 2, 255}) {
    const std::vector<uint8_t> value = {version, 0, 'x'};
    EXPECT_EQ(open(envelope, value, "key").fault, EnvelopeFault::Version);
  }
  const std::vector<uint8_t> kind = {1, 2, 'x'};
  EXPECT_EQ(open(envelope, kind, "key").fault, EnvelopeFault::Version);
  EXPECT_EQ(open(envelope, {}, "key").fault, EnvelopeFault::Malformed);
}

TEST(KeyNameTest, IsReadableWithoutASeal) {
  const auto text = [](std::string_view name, uint16_t type, uint8_t bits) {
    return std::string(text_of(KeyName("p:", key_of(name, type, bits), nullptr).bytes()));
  };
  EXPECT_EQ(text("WWW.Example.com", 1, dns::QuestionKey::kRd), "p:answer/www.example.com./A/IN/r");
  EXPECT_EQ(text(".", 2, 0), "p:answer/./NS/IN/-");
  EXPECT_EQ(text("a\\.b\\000\\/.c", 65280, 7), "p:answer/a\\046b\\000\\047.c./TYPE65280/IN/rdc");
}

TEST(KeyNameTest, TheLongestNameFits) {
  dns::Name name;
  name.octets.fill(0);
  for (size_t label = 0; label < 253; label += 2) name.octets[label] = 1;
  name.size = 255;
  const dns::QuestionKey key(dns::Question{name.wire(), 65535, 65535}, 7, kHashKey);
  const KeyName text(std::string(KeyName::kPrefixMax, 'p'), key, nullptr);
  EXPECT_EQ(text.bytes().size(),
            64 + 7 + 127 * 5 + std::string("/TYPE65535/CLASS65535/rdc").size());
}

TEST(KeyNameTest, SealedSaysNothing) {
  const SealKey seal = key_number('a');
  const KeyName name("p:", key_of("www.example.com"), &seal);
  const KeyName other("p:", key_of("www.example.com", dns::type::kAaaa), &seal);
  EXPECT_EQ(name.bytes().size(), 2 + 7 + 32u);
  EXPECT_EQ(text_of(name.bytes()).substr(0, 9), "p:sealed/");
  EXPECT_EQ(text_of(name.bytes()).find("www"), std::string_view::npos);
  EXPECT_FALSE(equal(name.bytes(), other.bytes()));
}

}  // namespace
}  // namespace dotring::cache::tiers
