#include "engine/listen/client_session.h"

#include "test/engine/listen/tcp_listener_fixture.h"

namespace dotring::listen::test {
namespace {

using ClientSessionTest = TcpListenerTest;

TEST_F(ClientSessionTest, AFrameMayArriveByteByByte) {
  listen();
  TcpClient client(listener->local());
  const Message query = make_query(7);
  client.queue_bytes(std::array<uint8_t, 2>{0, static_cast<uint8_t>(query.size())});
  client.pump();
  for (const uint8_t octet : query) {
    client.queue_bytes({&octet, 1});
    ASSERT_TRUE(client.pump());
    turns(2);
  }
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  EXPECT_EQ(client.received[0], query);
}

TEST_F(ClientSessionTest, TheLargestMessageIsWhole) {
  listen();
  TcpClient client(listener->local());
  client.queue(make_query(9, dns::kMessageSizeMax));
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    return !client.receive().empty();
  }));
  EXPECT_EQ(client.received[0], make_query(9, dns::kMessageSizeMax));
}

TEST_F(ClientSessionTest, AFrameShorterThanAHeaderEndsTheSession) {
  listen();
  TcpClient client(listener->local());
  client.send(make_query(1));
  client.send(Message(11, 0));
  client.send(make_query(2));
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
  EXPECT_EQ(client.received.size(), 1u);
  client.close();
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::BadFrame), 1u);
}

TEST_F(ClientSessionTest, NotMoreThanTheLimitIsInFlightAndNothingIsLost) {
  options.session.queries_in_flight_max = 16;
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  constexpr uint16_t kCount = 2000;
  for (uint16_t id = 0; id < kCount; ++id) client.queue(make_query(id));
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    return handler.held.size() == 16;
  }));
  turns(20);
  EXPECT_EQ(handler.held.size(), 16u);
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    EXPECT_LE(handler.held.size(), 16u);
    if (!handler.held.empty()) handler.answer_first();
    return client.receive().size() == kCount;
  }));
  for (uint16_t id = 0; id < kCount; ++id) ASSERT_EQ(client.received[id], make_query(id));
  EXPECT_GT(listener->statistics().reading_paused.value(), 0u);
}

TEST_F(ClientSessionTest, ASlowReaderIsNotReadThenCutAndOthersAreServed) {
  listen();
  handler.answer_size = 60'000;
  TcpClient slow(listener->local(), 4096);
  TcpClient other(listener->local());
  for (uint16_t id = 0; id < 1000; ++id) slow.queue(make_query(id));
  ASSERT_TRUE(turn_until([&] {
    slow.pump();
    return listener->statistics().reading_paused.value() > 0;
  }));
  turns(50);
  EXPECT_LT(listener->statistics().queries.value(), 1000u);
  EXPECT_EQ(listener->statistics().replies_without_room.value(), 0u);

  handler.answer_size = 0;
  for (int i = 0; i < 12; ++i) {
    other.send(make_query(static_cast<uint16_t>(i)));
    ASSERT_TRUE(turn_until([&] { return other.receive().size() == static_cast<size_t>(i) + 1; }));
    clock.advance_ms(1000);
    turns(3);
  }
  ASSERT_TRUE(open_sessions(1));
  EXPECT_EQ(closed(SessionEnd::SlowReader), 1u);
  EXPECT_FALSE(other.ended());
}

TEST_F(ClientSessionTest, AReaderThatCatchesUpGetsEverything) {
  listen();
  handler.answer_size = 60'000;
  TcpClient client(listener->local(), 4096);
  constexpr uint16_t kCount = 300;
  for (uint16_t id = 0; id < kCount; ++id) client.queue(make_query(id));
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    return listener->statistics().reading_paused.value() > 0;
  }));
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    return client.receive().size() == kCount;
  }));
  for (uint16_t id = 0; id < kCount; ++id) EXPECT_EQ(load_be16(client.received[id].data()), id);
}

// Below the stream's own mark on_writable() does not come; the session looks by itself.
TEST_F(ClientSessionTest, ASmallPauseLimitDoesNotStopTheSessionForGood) {
  options.session.output_pause_bytes = 100;
  listen();
  TcpClient client(listener->local());
  for (uint16_t id = 0; id < 50; ++id) client.queue(make_query(id));
  client.pump();
  ASSERT_TRUE(turn_until([&] {
    clock.advance_ms(10);
    return client.receive().size() == 50;
  }));
}

TEST_F(ClientSessionTest, ASilentClientIsClosedAfterTheIdleTimeout) {
  listen();
  TcpClient client(listener->local());
  ASSERT_TRUE(open_sessions(1));
  clock.advance_ms(options.session.idle_timeout_ms - 100);
  turns(3);
  EXPECT_FALSE(client.ended());
  clock.advance_ms(200);
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
  client.close();
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::Idle), 1u);
}

TEST_F(ClientSessionTest, AWholeMessageRestartsTheIdleTimeoutAndTrickledBytesDoNot) {
  listen();
  TcpClient client(listener->local());
  ASSERT_TRUE(open_sessions(1));
  clock.advance_ms(options.session.idle_timeout_ms - 1000);
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  clock.advance_ms(2000);
  turns(3);
  ASSERT_FALSE(client.ended());

  const Message query = make_query(2);
  client.queue_bytes(std::array<uint8_t, 2>{0, static_cast<uint8_t>(query.size())});
  for (size_t i = 0; i < query.size() && !client.ended(); ++i) {
    client.queue_bytes(Bytes(query).subspan(i, 1));
    client.pump();
    clock.advance_ms(1000);
    turns(4);
  }
  EXPECT_TRUE(client.ended());
  client.close();
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::Idle), 1u);
}

TEST_F(ClientSessionTest, ASessionWithAQueryInFlightIsNotIdle) {
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  clock.advance_ms(3 * options.session.idle_timeout_ms);
  turns(5);
  EXPECT_FALSE(client.ended());
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  clock.advance_ms(options.session.idle_timeout_ms + 1);
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
}

TEST_F(ClientSessionTest, AnOldSessionEndsAfterWhatIsInFlight) {
  options.session.lifetime_max_ms = 60'000;
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  clock.advance_ms(60'001);
  turns(5);
  EXPECT_FALSE(client.ended());
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
  EXPECT_EQ(client.received.size(), 1u);
  client.close();
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::Lifetime), 1u);
}

TEST_F(ClientSessionTest, WhatIsInFlightForTooLongDoesNotKeepAnEndingSession) {
  options.session.lifetime_max_ms = 60'000;
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  clock.advance_ms(60'001);
  turns(3);
  clock.advance_ms(options.session.finish_timeout_ms + 1);
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::Lifetime), 1u);
}

TEST_F(ClientSessionTest, ASessionEndsAfterItsLastAllowedQuery) {
  options.session.queries_max = 3;
  listen();
  TcpClient client(listener->local());
  for (uint16_t id = 0; id < 10; ++id) client.queue(make_query(id));
  client.pump();
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
  EXPECT_EQ(client.received.size(), 3u);
  client.close();
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::QueriesMax), 1u);
  EXPECT_EQ(listener->statistics().queries.value(), 3u);
}

TEST_F(ClientSessionTest, AClientThatShutsDownItsSideStillGetsItsAnswers) {
  options.session.queries_in_flight_max = 8;
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  for (uint16_t id = 0; id < 100; ++id) client.queue(make_query(id));
  ASSERT_TRUE(client.pump());
  client.finish_sending();
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 8; }));
  turns(10);
  ASSERT_TRUE(turn_until([&] {
    if (!handler.held.empty()) handler.answer_first();
    return client.ended();
  }));
  EXPECT_EQ(client.received.size(), 100u);
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::Client), 1u);
}

TEST_F(ClientSessionTest, ASessionCanHaveAnIdleTimeoutOfItsOwn) {
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  listener->session_of(handler.held.front().to)->set_idle_timeout(50);
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  clock.advance_ms(60);
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
}

}  // namespace
}  // namespace dotring::listen::test
