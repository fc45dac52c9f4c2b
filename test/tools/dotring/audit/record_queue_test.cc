#include "tools/dotring/audit/record_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace dotring::appliance {
namespace {

bool add(RecordQueue& queue, size_t size, uint8_t filling) {
  const MutableBytes room = queue.reserve(size);
  if (room.empty()) return false;
  EXPECT_EQ(room.size(), size);
  std::memset(room.data(), filling, room.size());
  queue.push();
  return true;
}

void expect_next(RecordQueue& queue, size_t size, uint8_t filling) {
  const Bytes record = queue.front();
  ASSERT_EQ(record.size(), size);
  for (const uint8_t octet : record) ASSERT_EQ(octet, filling);
  queue.pop();
}

TEST(RecordQueue, GivesRecordsInTheirOrder) {
  RecordQueue queue(4096);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.front().empty());
  EXPECT_TRUE(add(queue, 1, 'a'));
  EXPECT_TRUE(add(queue, 100, 'b'));
  EXPECT_FALSE(queue.empty());
  expect_next(queue, 1, 'a');
  expect_next(queue, 100, 'b');
  EXPECT_TRUE(queue.empty());
}

TEST(RecordQueue, RefusesWhatDoesNotFitAndTakesItWhenThereIsRoomAgain) {
  RecordQueue queue(1024);
  EXPECT_FALSE(add(queue, 1024, 'x')) << "its own size needs room too";
  int taken = 0;
  while (add(queue, 100, 'a')) ++taken;
  EXPECT_EQ(taken, 9);  // of 112 octets each
  expect_next(queue, 100, 'a');
  EXPECT_TRUE(add(queue, 100, 'b'));
  for (int i = 1; i < taken; ++i) expect_next(queue, 100, 'a');
  expect_next(queue, 100, 'b');
  EXPECT_TRUE(queue.empty());
}

TEST(RecordQueue, RecordsOfAllSizesPassItsEndInOnePiece) {
  RecordQueue queue(512);
  for (size_t round = 0; round < 1000; ++round) {
    const size_t size = 1 + round * 7 % 200;
    ASSERT_TRUE(add(queue, size, static_cast<uint8_t>(round)));
    ASSERT_TRUE(add(queue, size / 2 + 1, static_cast<uint8_t>(round + 1)));
    expect_next(queue, size, static_cast<uint8_t>(round));
    expect_next(queue, size / 2 + 1, static_cast<uint8_t>(round + 1));
  }
}

// The thread sanitizer looks on.
TEST(RecordQueue, NothingIsLostOrTornBetweenThreads) {
  constexpr uint32_t kCount = 50'000;
  RecordQueue queue(2048);
  std::thread writer([&queue] {
    for (uint32_t i = 0; i < kCount;) {
      const MutableBytes room = queue.reserve(sizeof i + i % 60);
      if (room.empty()) {
        std::this_thread::yield();
        continue;
      }
      std::memcpy(room.data(), &i, sizeof i);
      queue.push();
      ++i;
    }
  });
  for (uint32_t expected = 0; expected < kCount;) {
    const Bytes record = queue.front();
    if (record.empty()) {
      std::this_thread::yield();
      continue;
    }
    uint32_t number;
    std::memcpy(&number, record.data(), sizeof number);
    EXPECT_EQ(number, expected);
    EXPECT_EQ(record.size(), sizeof number + expected % 60);
    queue.pop();
    ++expected;
  }
  writer.join();
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace dotring::appliance
