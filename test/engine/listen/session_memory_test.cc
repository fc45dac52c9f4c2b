// What sessions keep in memory: borrowed by rule, given back, and never more than there is.

#include "test/engine/listen/tcp_listener_fixture.h"

namespace dotring::listen::test {
namespace {

class SessionMemoryTest : public TcpListenerTest {
 protected:
  bool paused(uint64_t times) {
    return turn_until([&] { return listener->statistics().reading_paused.value() >= times; });
  }
};

// Its stream keeps the buffers for a second.
TEST_F(SessionMemoryTest, WhatASlowReaderBorrowedIsGivenBackWithTheBuffersWhenItHasRead) {
  listen();
  handler.answer_size = 60'000;
  TcpClient client(listener->local(), 4096);
  for (uint16_t id = 0; id < 100; ++id) client.queue(make_query(id));
  client.pump();
  ASSERT_TRUE(paused(1));
  EXPECT_GT(limits->bytes_lent(), 100'000u);
  const auto has_read = [&] {
    clock.advance_ms(1);
    return client.receive().size() == 100;
  };
  ASSERT_TRUE(turn_until(has_read));
  const uint64_t read_ms = loop.now_ms();
  ASSERT_TRUE(turn_until([&] { return has_read() && limits->bytes_lent() == 0; }));
  EXPECT_GE(loop.now_ms() - read_ms, 500u);
}

TEST_F(SessionMemoryTest, ManySlowReadersTakeWhatThereIsAndOthersAreStillAnswered) {
  limits_options.memory_max = 2 << 20;
  listen();
  handler.answer_size = 60'000;
  std::deque<TcpClient> slow;
  for (int i = 0; i < 40; ++i) {
    TcpClient& client = slow.emplace_back(listener->local(), 4096);
    for (uint16_t id = 0; id < 200; ++id) client.queue(make_query(id));
    client.pump();
  }
  const auto stopped = [&] {
    const TcpListenerStatistics& statistics = listener->statistics();
    return statistics.reading_paused.value() + statistics.replies_without_room.value();
  };
  ASSERT_TRUE(turn_until([&] { return stopped() >= 40; }));
  EXPECT_GT(limits->bytes_lent(), size_t{1} << 20);
  EXPECT_LE(limits->bytes_lent(), size_t{2} << 20);

  handler.answer_size = 3000;
  TcpClient other(listener->local());
  for (uint16_t id = 0; id < 20; ++id) {
    other.send(make_query(id));
    ASSERT_TRUE(turn_until([&] { return other.receive().size() == id + 1u; }));
  }
}

TEST_F(SessionMemoryTest, AnAnswerAboveItsShareEndsTheSessionAndIsCounted) {
  limits_options.memory_max = 128 << 10;
  listen();
  handler.answer_size = 60'000;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
  EXPECT_TRUE(client.received.empty());
  client.close();
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::MemoryShort), 1u);
  EXPECT_EQ(listener->statistics().replies_without_room.value(), 1u);
}

TEST_F(SessionMemoryTest, PartsOfMessagesAreBorrowedForToo) {
  limits_options.memory_max = 1 << 20;
  listen();
  TcpClient one(listener->local());
  Message part(60'000, 0);
  store_be16(part.data(), 65'535);
  one.queue_bytes(part);
  ASSERT_TRUE(turn_until([&] {
    one.pump();
    return limits->bytes_lent() > 40'000;
  }));

  std::deque<TcpClient> more;
  for (int i = 0; i < 20; ++i) more.emplace_back(listener->local()).queue_bytes(part);
  ASSERT_TRUE(turn_until([&] {
    for (TcpClient& each : more) each.pump();
    return closed(SessionEnd::MemoryShort) > 0;
  }));
  EXPECT_LE(limits->bytes_lent(), size_t{1} << 20);
}

}  // namespace
}  // namespace dotring::listen::test
