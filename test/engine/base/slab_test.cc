#include "engine/base/slab.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace dotring {
namespace {

// Counts how many of its kind live.
struct Record {
  Record(int* l, int v) : living(l), value(v) { ++*living; }
  ~Record() { --*living; }
  int* living;
  int value;
};

TEST(Slab, HandsOutAsManyAsItHolds) {
  int living = 0;
  Slab<Record> slab(3);
  std::set<Record*> records;
  for (int i = 0; i < 3; ++i) records.insert(slab.take(&living, i));
  EXPECT_EQ(records.size(), 3u);
  EXPECT_EQ(records.count(nullptr), 0u);
  EXPECT_EQ(slab.take(&living, 9), nullptr);
  EXPECT_EQ(slab.used(), 3u);
  EXPECT_EQ(slab.capacity(), 3u);
  EXPECT_EQ(living, 3);
}

TEST(Slab, TakesBackAndHandsOutAgain) {
  int living = 0;
  Slab<Record> slab(1);
  Record* record = slab.take(&living, 1);
  slab.give_back(record);
  EXPECT_EQ(living, 0);
  EXPECT_EQ(slab.used(), 0u);
  Record* again = slab.take(&living, 2);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->value, 2);
}

TEST(Slab, IndexesStandForRecords) {
  int living = 0;
  Slab<Record> slab(4);
  for (int i = 0; i < 4; ++i) {
    Record* record = slab.take(&living, i);
    const uint32_t index = slab.index_of(record);
    EXPECT_LT(index, 4u);
    EXPECT_TRUE(slab.in_use(index));
    EXPECT_EQ(slab.at(index), record);
  }
}

TEST(Slab, GenerationsTellARecordFromItsSuccessor) {
  int living = 0;
  Slab<Record> slab(1);
  Record* record = slab.take(&living, 1);
  const uint32_t generation = slab.generation_of(0);
  EXPECT_EQ(slab.find(0, generation), record);
  slab.give_back(record);
  EXPECT_FALSE(slab.in_use(0));
  EXPECT_EQ(slab.find(0, generation), nullptr);
  EXPECT_EQ(slab.find(0, slab.generation_of(0)), nullptr) << "not in use";
  slab.take(&living, 2);
  EXPECT_EQ(slab.find(0, generation), nullptr);
  EXPECT_NE(slab.find(0, slab.generation_of(0)), nullptr);
  EXPECT_EQ(slab.find(1, generation), nullptr) << "beyond the capacity";
}

TEST(Slab, DestroysWhatIsStillInUse) {
  int living = 0;
  {
    Slab<Record> slab(3);
    slab.take(&living, 1);
    Record* given_back = slab.take(&living, 2);
    slab.take(&living, 3);
    slab.give_back(given_back);
    EXPECT_EQ(living, 2);
  }
  EXPECT_EQ(living, 0);
}

TEST(Slab, KeepsTheAlignment) {
  struct alignas(64) Aligned {
    char c;
  };
  Slab<Aligned> slab(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(slab.take()) % 64, 0u);
  }
}

TEST(SlabDeathTest, GivingBackTwiceIsABug) {
  int living = 0;
  Slab<Record> slab(1);
  Record* record = slab.take(&living, 1);
  slab.give_back(record);
  EXPECT_DEATH(slab.give_back(record), "in_use");
}

}  // namespace
}  // namespace dotring
