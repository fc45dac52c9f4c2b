#include "cache/memory/slot_index.h"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "engine/base/random.h"

namespace dotring::cache {
namespace {

uint32_t find(const SlotIndex& index, uint32_t tag, uint32_t position) {
  return index.find(tag, [=](uint32_t at) { return at == position; });
}

TEST(SlotIndex, TakesNoMemoryBeforeTheFirstEntry) {
  SlotIndex index(1 << 20);
  EXPECT_EQ(index.bytes(), 0u);
  EXPECT_EQ(find(index, 1, 1), SlotIndex::kNone);
  index.insert(1, 1);
  EXPECT_LE(index.bytes(), 1024u);
}

TEST(SlotIndex, GrowsUpToItsBoundAndNotBeyond) {
  SlotIndex index(1000);
  uint32_t count = 0;
  while (index.size() < index.size_max()) {
    ++count;
    index.insert(0x9e3779b9u * count, count);
  }
  EXPECT_EQ(index.bytes(), 8000u);
  EXPECT_EQ(count, 800u);
  for (uint32_t i = 1; i <= count; ++i) ASSERT_EQ(find(index, 0x9e3779b9u * i, i), i);
}

TEST(SlotIndex, EqualTagsAreToldApartByTheirEntries) {
  SlotIndex index(64);
  index.insert(5, 10);
  index.insert(5, 11);
  EXPECT_EQ(find(index, 5, 10), 10u);
  EXPECT_EQ(find(index, 5, 11), 11u);
  index.erase(5, 10);
  EXPECT_EQ(find(index, 5, 10), SlotIndex::kNone);
  EXPECT_EQ(find(index, 5, 11), 11u);
}

// Few different tags, some at the very end of the table, so that probes are long and wrap.
TEST(SlotIndex, FindsWhatAMapFinds) {
  Random random({2, 2});
  SlotIndex index(128);
  std::unordered_map<uint32_t, uint32_t> tag_of;
  uint32_t next_position = 0;
  for (int step = 0; step < 200000; ++step) {
    const uint32_t tag = random.below(2) ? 0xffffffff - random.below(8) : random.below(16) << 28;
    if (index.size() < index.size_max() && random.below(2)) {
      tag_of[next_position] = tag;
      index.insert(tag, next_position++);
    } else if (!tag_of.empty()) {
      const auto victim =
          std::next(tag_of.begin(), random.below(std::min<uint32_t>(index.size(), 5)));
      index.erase(victim->second, victim->first);
      tag_of.erase(victim);
    }
    ASSERT_EQ(index.size(), tag_of.size());
    if (step % 100 > 0) continue;
    for (const auto& [position, its_tag] : tag_of) {
      ASSERT_EQ(find(index, its_tag, position), position);
    }
  }
}

TEST(SlotIndex, MovesAnEntry) {
  SlotIndex index(64);
  index.insert(5, 10);
  index.move(5, 10, 20);
  EXPECT_EQ(find(index, 5, 10), SlotIndex::kNone);
  EXPECT_EQ(find(index, 5, 20), 20u);
}

}  // namespace
}  // namespace dotring::cache
