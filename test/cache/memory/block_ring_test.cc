#include "cache/memory/block_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "engine/base/random.h"

namespace dotring::cache {
namespace {

constexpr uint32_t kFirst = 7;

struct Block {
  uint32_t position;
  uint32_t units;
  uint8_t content;
  bool dead;
};

/// A ring beside a plain queue that says what must be in it.
class Pair {
 public:
  explicit Pair(uint32_t capacity) : memory_(kFirst + capacity), ring_(arena(), kFirst, capacity) {}

  void push(uint32_t units) {
    const uint32_t position = ring_.push(units);
    queue_.push_back({position, units, next_content_, false});
    std::memset(content(position), next_content_, kUnit * units - 8);
    ++next_content_;
  }
  // Dead blocks at the tail may be rests of the end, of which the queue knows nothing.
  bool drop_dead() {
    while (!ring_.empty() && entry(ring_.oldest()).dead) {
      if (!queue_.empty() && queue_.front().position == ring_.oldest()) queue_.pop_front();
      ring_.pop_oldest();
    }
    return !ring_.empty();
  }
  void pop() {
    ASSERT_EQ(ring_.oldest(), queue_.front().position);
    queue_.pop_front();
    ring_.pop_oldest();
  }
  void turn() {
    ASSERT_EQ(ring_.oldest(), queue_.front().position);
    Block block = queue_.front();
    queue_.pop_front();
    block.position = ring_.turn_oldest();
    queue_.push_back(block);
  }
  void kill(size_t index) {
    if (queue_[index].dead) return;
    queue_[index].dead = true;
    ring_.mark_dead(queue_[index].position);
  }
  void shrink(size_t index) {
    Block& block = queue_[index];
    if (block.dead || block.units < 3) return;
    --block.units;
    ring_.shrink(block.position, block.units);
  }

  void check() {
    uint32_t live = 0;
    for (const Block& block : queue_) {
      if (block.dead) continue;
      live += block.units;
      ASSERT_EQ(entry(block.position).units, block.units);
      for (size_t i = 0; i < kUnit * block.units - 8; ++i) {
        ASSERT_EQ(content(block.position)[i], block.content);
      }
    }
    ASSERT_EQ(ring_.units_used() - ring_.units_dead(), live);
    ASSERT_LE(ring_.units_used(), ring_.capacity());
  }

  BlockRing& ring() { return ring_; }
  std::deque<Block>& queue() { return queue_; }

 private:
  uint8_t* arena() { return reinterpret_cast<uint8_t*>(memory_.data()); }
  Entry& entry(uint32_t position) {
    return *reinterpret_cast<Entry*>(arena() + kUnit * size_t{position});
  }
  uint8_t* content(uint32_t position) { return arena() + kUnit * size_t{position} + 8; }

  std::vector<uint64_t> memory_;
  BlockRing ring_;
  std::deque<Block> queue_;
  uint8_t next_content_ = 1;
};

TEST(BlockRing, BlocksFollowEachOtherAndWrap) {
  Pair pair(10);
  pair.push(4);
  pair.push(4);
  EXPECT_FALSE(pair.ring().fits(4));
  EXPECT_TRUE(pair.ring().fits(2));
  pair.pop();
  EXPECT_TRUE(pair.ring().fits(4));
  pair.push(4);
  EXPECT_EQ(pair.queue().back().position, kFirst);
  EXPECT_EQ(pair.ring().units_dead(), 2u);
  pair.check();
}

TEST(BlockRing, TouchesOnlyWhatItUsed) {
  Pair pair(1000);
  pair.push(4);
  EXPECT_EQ(pair.ring().units_touched(), 4u);
  pair.pop();
  pair.push(6);
  EXPECT_EQ(pair.ring().units_touched(), 6u);
}

TEST(BlockRing, EmptyRingTakesTheLongestBlock) {
  Pair pair(10);
  pair.push(6);
  pair.pop();
  EXPECT_TRUE(pair.ring().fits(10));
  pair.push(10);
  EXPECT_FALSE(pair.ring().fits(1));
  pair.check();
}

TEST(BlockRing, FullRingTurns) {
  Pair pair(12);
  for (int i = 0; i < 4; ++i) pair.push(3);
  for (int i = 0; i < 9; ++i) {
    pair.turn();
    pair.check();
  }
}

TEST(BlockRing, HandVisitsEveryBlockOnce) {
  Pair pair(30);
  for (int i = 0; i < 5; ++i) pair.push(3);
  pair.pop();
  std::vector<uint32_t> seen;
  for (int i = 0; i < 8; ++i) seen.push_back(pair.ring().next_under_hand());
  const std::vector<uint32_t> round{kFirst + 3, kFirst + 6, kFirst + 9, kFirst + 12};
  EXPECT_EQ(std::vector(seen.begin(), seen.begin() + 4), round);
  EXPECT_EQ(std::vector(seen.begin() + 4, seen.end()), round);
}

TEST(BlockRing, KeepsWhatAQueueKeeps) {
  Random random({1, 1});
  Pair pair(257);
  for (int step = 0; step < 50000; ++step) {
    const uint32_t units = 2 + random.below(40);
    while (!pair.ring().fits(units)) {
      if (pair.drop_dead() && random.below(3) == 0) pair.turn();
      if (pair.drop_dead()) pair.pop();
    }
    pair.push(units);
    const size_t index = random.below(static_cast<uint32_t>(pair.queue().size()));
    if (random.below(4) == 0) pair.kill(index);
    if (random.below(4) == 0) pair.shrink(index);
    for (uint32_t i = random.below(4); i > 0; --i) pair.ring().next_under_hand();
    ASSERT_NO_FATAL_FAILURE(pair.check());
  }
}

}  // namespace
}  // namespace dotring::cache
