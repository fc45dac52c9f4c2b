#include "cache/redis/slot_map.h"

#include <gtest/gtest.h>

#include "cache/redis/reply_reader.h"

namespace dotring::cache::redis {
namespace {

const Endpoint kNode{*IpAddress::parse("192.0.2.9"), 6379};

std::string text(const std::string& value) {
  return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}
std::string range(int first, int last, const std::string& node) {
  return "*3\r\n:" + std::to_string(first) + "\r\n:" + std::to_string(last) + "\r\n" + node;
}
std::string node(const std::string& host, int port) {
  return "*3\r\n" + host + ":" + std::to_string(port) + "\r\n" + text("id");
}

std::optional<std::vector<SlotRange>> parse(const std::string& bytes) {
  ReplyReader reader({});
  reader.feed(bytes_of(bytes));
  EXPECT_EQ(reader.next(), ReplyReader::Next::Reply);
  return parse_slot_map(reader.reply(), kNode);
}

TEST(RedisSlotMap, NamesTheMasterOfEachRange) {
  const auto ranges = parse("*2\r\n" + range(0, 99, node(text("192.0.2.1"), 7000)) +
                            range(100, 16383, node(text("2001:db8::1"), 7001)));
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), 2u);
  EXPECT_EQ(ranges->at(0).first, 0);
  EXPECT_EQ(ranges->at(0).last, 99);
  EXPECT_EQ(ranges->at(0).master.to_text(), "192.0.2.1:7000");
  EXPECT_EQ(ranges->at(1).master.to_text(), "[2001:db8::1]:7001");
}

TEST(RedisSlotMap, ANodeThatDoesNotKnowItsAddressIsWhereWeAsked) {
  for (const std::string& host : {text(""), text("?"), std::string("$-1\r\n")}) {
    const auto ranges = parse("*1\r\n" + range(0, 1, node(host, 7000)));
    ASSERT_TRUE(ranges && ranges->size() == 1);
    EXPECT_EQ(ranges->at(0).master.to_text(), "192.0.2.9:7000");
  }
}

TEST(RedisSlotMap, AnAddressBesideTheNameWillDo) {
  const std::string named = "*4\r\n" + text("redis.example") + ":7000\r\n" + text("id") + "*2\r\n" +
                            text("ip") + text("192.0.2.1");
  const auto ranges =
      parse("*2\r\n" + range(0, 1, named) + range(2, 3, node(text("redis.example"), 7000)));
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), 1u) << "the one without an address is left out";
  EXPECT_EQ(ranges->at(0).master.to_text(), "192.0.2.1:7000");
}

TEST(RedisSlotMap, WhatIsNoMapIsNone) {
  const std::string good = node(text("192.0.2.1"), 7000);
  EXPECT_FALSE(parse("-ERR This instance has cluster support disabled\r\n"));
  EXPECT_FALSE(parse("*1\r\n:1\r\n"));
  EXPECT_FALSE(parse("*1\r\n*2\r\n:0\r\n:1\r\n"));
  EXPECT_FALSE(parse("*1\r\n" + range(0, 16384, good)));
  EXPECT_FALSE(parse("*1\r\n" + range(-1, 1, good)));
  EXPECT_TRUE(parse("*0\r\n")->empty());
  EXPECT_TRUE(parse("*1\r\n" + range(0, 1, node(text("192.0.2.1"), 0)))->empty());
  EXPECT_TRUE(parse("*1\r\n" + range(0, 1, node(text("192.0.2.1"), 65536)))->empty());
  EXPECT_TRUE(parse("*1\r\n" + range(0, 1, ":1\r\n"))->empty());
}

}  // namespace
}  // namespace dotring::cache::redis
