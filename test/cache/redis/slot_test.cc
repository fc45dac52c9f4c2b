#include "cache/redis/slot.h"

#include <gtest/gtest.h>

namespace dotring::cache::redis {
namespace {

// The value of the specification (appendix A), and what a real server says (CLUSTER KEYSLOT).
TEST(RedisSlot, IsWhatTheSpecificationSays) {
  EXPECT_EQ(crc16(bytes_of("123456789")), 0x31c3);
  EXPECT_EQ(slot_of(bytes_of("foo")), 12182);
  EXPECT_EQ(slot_of(bytes_of("")), 0);
  EXPECT_EQ(slot_of(bytes_of("user1000")), 3443);
  EXPECT_EQ(slot_of(bytes_of("foo{{bar}}zap")), 4015);
}

TEST(RedisSlot, TagsKeepKeysTogether) {
  const uint16_t tag = slot_of(bytes_of("user1000"));
  EXPECT_EQ(slot_of(bytes_of("{user1000}.following")), tag);
  EXPECT_EQ(slot_of(bytes_of("foo{user1000}{other}")), tag);
  EXPECT_EQ(slot_of(bytes_of("foo{{bar}}zap")), slot_of(bytes_of("{bar")));
}

TEST(RedisSlot, AnEmptyOrOpenTagIsNone) {
  EXPECT_EQ(slot_of(bytes_of("foo{}{bar}")), crc16(bytes_of("foo{}{bar}")) % kSlots);
  EXPECT_EQ(slot_of(bytes_of("foo{bar")), crc16(bytes_of("foo{bar")) % kSlots);
}

}  // namespace
}  // namespace dotring::cache::redis
