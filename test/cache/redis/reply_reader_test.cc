#include "cache/redis/reply_reader.h"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <string>

namespace dotring::cache::redis {
namespace {

using Next = ReplyReader::Next;

class ReplyReaderTest : public ::testing::Test {
 protected:
  Next read(const std::string& bytes) {
    reader_.feed(bytes_of(bytes));
    return reader_.next();
  }
  ReplyReader reader_{{.size_max = 1000, .elements_max = 20}};
};

TEST_F(ReplyReaderTest, ReadsEachType) {
  ASSERT_EQ(read("+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n"), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Status);
  EXPECT_EQ(reader_.reply().text(), "OK");
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Error);
  EXPECT_EQ(reader_.reply().text(), "ERR no");
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Integer);
  EXPECT_EQ(reader_.reply().integer(), -42);
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Text);
  EXPECT_EQ(reader_.reply().text(), "a\r\nbc");
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Nil);
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Nil);
  EXPECT_EQ(reader_.next(), Next::NeedMore);
}

TEST_F(ReplyReaderTest, ReadsArraysWithinArraysInPieces) {
  const std::string bytes = "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n*0\r\n+end\r\n";
  for (size_t i = 0; i + 1 < bytes.size(); ++i) ASSERT_EQ(read(bytes.substr(i, 1)), Next::NeedMore);
  ASSERT_EQ(read(bytes.substr(bytes.size() - 1)), Next::Reply);
  const Reply reply = reader_.reply();
  ASSERT_EQ(reply.size(), 3u);
  EXPECT_EQ(reply[0].integer(), 1);
  ASSERT_EQ(reply[1].size(), 2u);
  EXPECT_EQ(reply[1][0].text(), "x");
  EXPECT_TRUE(reply[1][1].is_array());
  EXPECT_EQ(reply[1][1].size(), 0u);
  EXPECT_EQ(reply[2].text(), "end");
}

// Debian 12's hiredis is older than RESP3; links do not ask for it there.
#if HIREDIS_MAJOR >= 1
TEST_F(ReplyReaderTest, ReadsTheTypesOfResp3) {
  ASSERT_EQ(read("_\r\n#t\r\n,1.5\r\n=6\r\ntxt:ab\r\n%1\r\n+key\r\n:7\r\n"), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Nil);
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().integer(), 1);
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().text(), "1.5");
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().text(), "ab");
  ASSERT_EQ(reader_.next(), Next::Reply);
  ASSERT_EQ(reader_.reply().size(), 2u);
  EXPECT_EQ(reader_.reply()[0].text(), "key");
  EXPECT_EQ(reader_.reply()[1].integer(), 7);
}

TEST_F(ReplyReaderTest, AMessageThatIsPushedIsNoAnswer) {
  ASSERT_EQ(read(">3\r\n+message\r\n+channel\r\n+text\r\n*1\r\n:1\r\n"), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Push);
  EXPECT_EQ(reader_.reply()[2].text(), "text");
  ASSERT_EQ(reader_.next(), Next::Reply);
  EXPECT_EQ(reader_.reply().type(), ReplyType::Array);
}
#endif

TEST_F(ReplyReaderTest, WhatIsNoReplyBreaksItForEver) {
  ASSERT_EQ(read("HTTP/1.1 400 Bad Request\r\n"), Next::Broken);
  EXPECT_STREQ(reader_.what(), "bytes that are no reply");
  EXPECT_EQ(read("+OK\r\n"), Next::Broken);
  reader_.reset();
  EXPECT_EQ(read("+OK\r\n"), Next::Reply);
}

TEST_F(ReplyReaderTest, AnAnnouncedSizeTakesNoMemoryAndAStreamWithoutEndIsBroken) {
  ASSERT_EQ(read("$2000000000\r\n"), Next::NeedMore);
  Next next = Next::NeedMore;
  size_t fed = 0;
  for (; next == Next::NeedMore && fed < 100'000; fed += 100) next = read(std::string(100, 'x'));
  EXPECT_EQ(next, Next::Broken);
  EXPECT_LE(fed, 1200u);
}

TEST_F(ReplyReaderTest, ALineWithoutEndIsBroken) {
  EXPECT_EQ(read("+" + std::string(2000, 'x')), Next::Broken);
}

TEST_F(ReplyReaderTest, TooManyElementsAreBrokenBeforeTheyCome) {
  EXPECT_EQ(read("*21\r\n"), Next::Broken);
  reader_.reset();
  EXPECT_EQ(read("*2000000000\r\n"), Next::Broken);
  reader_.reset();
  EXPECT_EQ(read("*10\r\n*10\r\n"), Next::NeedMore);
  reader_.reset();
  EXPECT_EQ(read("*11\r\n*10\r\n"), Next::Broken);
  EXPECT_STREQ(reader_.what(), "a reply above the limits");
}

TEST_F(ReplyReaderTest, ArraysMayNotBeDeeperThanTheLimit) {
  std::string bytes;
  for (int i = 0; i < ReplyReader::kDepthMax; ++i) bytes += "*1\r\n";
  EXPECT_EQ(read(bytes + ":1\r\n"), Next::Reply);
  reader_.reset();
  EXPECT_EQ(read(bytes + "*1\r\n:1\r\n"), Next::Broken);
}

TEST_F(ReplyReaderTest, ManySmallTextsOfOneReplyAreBoundedTogether) {
  std::string bytes = "*20\r\n";
  for (int i = 0; i < 20; ++i) bytes += "$60\r\n" + std::string(60, 'x') + "\r\n";
  EXPECT_EQ(read(bytes), Next::Broken);
}

TEST_F(ReplyReaderTest, ThousandsOfRepliesPassThrough) {
  std::string burst;
  for (int i = 0; i < 100; ++i) burst += "$4\r\nabcd\r\n";
  for (int round = 0; round < 100; ++round) {
    reader_.feed(bytes_of(burst));
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(reader_.next(), Next::Reply);
      ASSERT_EQ(reader_.reply().text(), "abcd");
    }
    ASSERT_EQ(reader_.next(), Next::NeedMore);
  }
}

}  // namespace
}  // namespace dotring::cache::redis
