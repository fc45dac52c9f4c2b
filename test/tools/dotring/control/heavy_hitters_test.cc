#include "tools/dotring/control/heavy_hitters.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/base/random.h"

namespace dotring::appliance {
namespace {

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::map<std::string, HeavyHitters::Entry> by_key(const HeavyHitters& hitters) {
  std::map<std::string, HeavyHitters::Entry> result;
  for (const HeavyHitters::Entry& entry : hitters.entries()) {
    EXPECT_TRUE(result.emplace(entry.key, entry).second) << "there twice: " << entry.key;
  }
  return result;
}

TEST(HeavyHitters, CountsExactlyWhileThereAreFreePlaces) {
  HeavyHitters hitters(4, 16, {1, 2});
  for (const char* key : {"a", "b", "a", "c", "a", "b", "abc"}) hitters.add(bytes_of(key));
  const auto entries = by_key(hitters);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries.at("a").count, 3u);
  EXPECT_EQ(entries.at("b").count, 2u);
  EXPECT_EQ(entries.at("c").count, 1u);
  EXPECT_EQ(entries.at("abc").count, 1u);
  for (const auto& [key, entry] : entries) EXPECT_EQ(entry.excess, 0u);
}

TEST(HeavyHitters, ANewKeyTakesThePlaceOfTheLeastFrequentOne) {
  HeavyHitters hitters(2, 16, {1, 2});
  for (const char* key : {"a", "a", "a", "b", "b", "c"}) hitters.add(bytes_of(key));
  const auto entries = by_key(hitters);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries.at("a").count, 3u);
  EXPECT_EQ(entries.at("c").count, 3u);
  EXPECT_EQ(entries.at("c").excess, 2u) << "what it took over";
}

TEST(HeavyHitters, OnePlaceIsEnoughToWork) {
  HeavyHitters hitters(1, 16, {1, 2});
  for (int i = 0; i < 100; ++i) hitters.add(bytes_of(std::to_string(i)));
  ASSERT_EQ(hitters.entries().size(), 1u);
  EXPECT_EQ(hitters.entries()[0].count, 100u);
  EXPECT_EQ(hitters.entries()[0].excess, 99u);
}

// The promise of the algorithm, against an exact count: whoever has more than 1/capacity of the
// stream is there, and its true count lies between count - excess and count.
TEST(HeavyHitters, TheFrequentAreThereWhateverElseComes) {
  constexpr uint32_t kCapacity = 50;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Random random({seed, 0});
    HeavyHitters hitters(kCapacity, 16, {seed, 7});
    std::map<std::string, uint64_t> exact;
    constexpr uint64_t kCount = 50'000;
    for (uint64_t i = 0; i < kCount; ++i) {
      // Some names are asked for again and again, half of all only once.
      const std::string key =
          random.below(2) == 0 ? "u" + std::to_string(i) : std::to_string(random.below(20));
      hitters.add(bytes_of(key));
      ++exact[key];
    }
    const auto entries = by_key(hitters);
    EXPECT_EQ(entries.size(), kCapacity);
    uint64_t sum = 0;
    for (const auto& [key, entry] : entries) {
      EXPECT_GE(entry.count, exact[key]) << key;
      EXPECT_LE(entry.count - entry.excess, exact[key]) << key;
      sum += entry.count;
    }
    EXPECT_EQ(sum, kCount);
    for (const auto& [key, count] : exact) {
      if (count <= kCount / kCapacity) continue;
      EXPECT_TRUE(entries.contains(key)) << key;
    }
  }
}

TEST(HeavyHitters, HalvingKeepsTheOrder) {
  HeavyHitters hitters(3, 16, {1, 2});
  for (int i = 0; i < 9; ++i) hitters.add(bytes_of("a"));
  for (int i = 0; i < 4; ++i) hitters.add(bytes_of("b"));
  hitters.add(bytes_of("c"));
  hitters.halve();
  auto entries = by_key(hitters);
  EXPECT_EQ(entries.at("a").count, 4u);
  EXPECT_EQ(entries.at("b").count, 2u);
  EXPECT_EQ(entries.at("c").count, 0u);
  hitters.add(bytes_of("d"));
  EXPECT_TRUE(by_key(hitters).contains("d"));
  EXPECT_FALSE(by_key(hitters).contains("c"));
}

}  // namespace
}  // namespace dotring::appliance
