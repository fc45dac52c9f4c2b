#include "engine/listen/tcp_listener.h"

#include <algorithm>

#include "test/engine/listen/loopback.h"

namespace dotring::listen::test {
namespace {

class TcpListenerTest : public LoopTest {
 protected:
  void listen(std::string_view local = "127.0.0.1:0") {
    listener = std::make_unique<TcpListener>(loop, options, streams, handler);
    ASSERT_EQ(listener->open(endpoint(local)), std::nullopt);
    listener->start();
  }
  void TearDown() override {
    if (!listener) return;
    listener->abort();
    EXPECT_TRUE(turn_until([this] { return !listener->active(); }));
  }
  uint64_t closed(SessionEnd end) const {
    return listener->statistics().closed[static_cast<size_t>(end)].value();
  }
  bool open_sessions(uint32_t count) {
    return turn_until([&] { return listener->sessions_open() == count; });
  }

  EchoHandler handler;
  TcpListener::Options options;
  io::TcpStream::Options stream_options;
  PlainStreamFactory streams{loop, stream_options};
  std::unique_ptr<TcpListener> listener;
};

TEST_F(TcpListenerTest, AnswersOverIpv4) {
  listen();
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  EXPECT_EQ(client.received[0], make_query(1));
  EXPECT_EQ(handler.transport, query::Transport::Tcp);
  EXPECT_EQ(handler.clients[0].address, *IpAddress::parse("127.0.0.1"));
}

TEST_F(TcpListenerTest, AnswersOverIpv6) {
  listen("[::1]:0");
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  EXPECT_EQ(client.received[0], make_query(1));
}

TEST_F(TcpListenerTest, ThousandsOfPipelinedQueriesAreAllAnswered) {
  listen();
  TcpClient client(listener->local());
  constexpr uint16_t kCount = 5000;
  for (uint16_t id = 0; id < kCount; ++id) client.queue(make_query(id, 12 + id % 500));
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    return client.receive().size() == kCount;
  }));
  for (uint16_t id = 0; id < kCount; ++id) {
    ASSERT_EQ(client.received[id], make_query(id, 12 + id % 500));
  }
  EXPECT_EQ(listener->statistics().queries.value(), kCount);
  EXPECT_EQ(listener->statistics().replies.value(), kCount);
  EXPECT_GT(listener->statistics().queries_per_read.percentile(0.5), 5u);
}

TEST_F(TcpListenerTest, AnswersLeaveInTheOrderInWhichTheyCome) {
  listen();
  TcpClient client(listener->local());
  handler.hold = true;
  for (uint16_t id = 0; id < 100; ++id) client.queue(make_query(id));
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    return handler.held.size() == 100;
  }));
  while (!handler.held.empty()) handler.answer_last();
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == 100; }));
  for (uint16_t i = 0; i < 100; ++i) {
    EXPECT_EQ(client.received[i], make_query(static_cast<uint16_t>(99 - i)));
  }
}

TEST_F(TcpListenerTest, AFrameMayArriveByteByByte) {
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

TEST_F(TcpListenerTest, TheLargestMessageIsWhole) {
  listen();
  TcpClient client(listener->local());
  client.queue(make_query(9, dns::kMessageSizeMax));
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    return !client.receive().empty();
  }));
  EXPECT_EQ(client.received[0], make_query(9, dns::kMessageSizeMax));
}

TEST_F(TcpListenerTest, AFrameShorterThanAHeaderEndsTheSession) {
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

TEST_F(TcpListenerTest, NotMoreThanTheLimitIsInFlightAndNothingIsLost) {
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

TEST_F(TcpListenerTest, ASlowReaderIsNotReadThenCutAndOthersAreServed) {
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

TEST_F(TcpListenerTest, AReaderThatCatchesUpGetsEverything) {
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
TEST_F(TcpListenerTest, ASmallPauseLimitDoesNotStopTheSessionForGood) {
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

TEST_F(TcpListenerTest, ASilentClientIsClosedAfterTheIdleTimeout) {
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

TEST_F(TcpListenerTest, AWholeMessageRestartsTheIdleTimeoutAndTrickledBytesDoNot) {
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

TEST_F(TcpListenerTest, ASessionWithAQueryInFlightIsNotIdle) {
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

TEST_F(TcpListenerTest, AnOldSessionEndsAfterWhatIsInFlight) {
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

TEST_F(TcpListenerTest, WhatIsInFlightForTooLongDoesNotKeepAnEndingSession) {
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

TEST_F(TcpListenerTest, ASessionEndsAfterItsLastAllowedQuery) {
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

TEST_F(TcpListenerTest, AClientThatShutsDownItsSideStillGetsItsAnswers) {
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

TEST_F(TcpListenerTest, AClientThatResetsIsForgotten) {
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  client.reset();
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::Reset), 1u);
  EXPECT_EQ(listener->queries_in_flight(), 1u);
  handler.answer_first();
  EXPECT_EQ(listener->queries_in_flight(), 0u);
  EXPECT_EQ(listener->statistics().replies_late.value(), 1u);
}

TEST_F(TcpListenerTest, ALateAnswerDoesNotReachTheNextSessionInItsPlace) {
  options.connections_max = 1;
  listen();
  handler.hold = true;
  auto first = std::make_unique<TcpClient>(listener->local());
  first->send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  first->reset();
  ASSERT_TRUE(open_sessions(0));
  TcpClient second(listener->local());
  second.send(make_query(2));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 2; }));
  handler.answer_first();
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return !second.receive().empty(); }));
  turns(5);
  EXPECT_EQ(second.receive().size(), 1u);
  EXPECT_EQ(second.received[0], make_query(2));
  EXPECT_EQ(listener->statistics().replies_late.value(), 1u);
}

TEST_F(TcpListenerTest, ConnectionsAboveTheLimitAreRefused) {
  options.connections_max = 2;
  listen();
  TcpClient first(listener->local());
  TcpClient second(listener->local());
  ASSERT_TRUE(open_sessions(2));
  TcpClient third(listener->local());
  ASSERT_TRUE(turn_until([&] { return third.ended(); }));
  EXPECT_EQ(listener->statistics().refused_full.value(), 1u);
  first.close();
  ASSERT_TRUE(open_sessions(1));
  TcpClient fourth(listener->local());
  fourth.send(make_query(4));
  ASSERT_TRUE(turn_until([&] { return !fourth.receive().empty(); }));
}

TEST_F(TcpListenerTest, OneClientCannotTakeEveryPlace) {
  options.client_connections_max = 2;
  listen("0.0.0.0:0");
  const Endpoint local{*IpAddress::parse("127.0.0.1"), listener->local().port};
  TcpClient first(local);
  TcpClient second(local);
  ASSERT_TRUE(open_sessions(2));
  TcpClient third(local);
  ASSERT_TRUE(turn_until([&] { return third.ended(); }));
  EXPECT_EQ(listener->statistics().refused_client.value(), 1u);
  // The kernel gives a client that asks 127.0.0.2 another source address only when it is bound to
  // one.
  first.close();
  ASSERT_TRUE(open_sessions(1));
  TcpClient fourth(local);
  fourth.send(make_query(4));
  ASSERT_TRUE(turn_until([&] { return !fourth.receive().empty(); }));
}

TEST_F(TcpListenerTest, DrainClosesIdleSessionsAtOnceAndBusyOnesWhenAnswered) {
  listen();
  handler.hold = true;
  TcpClient idle(listener->local());
  TcpClient busy(listener->local());
  busy.send(make_query(1));
  ASSERT_TRUE(
      turn_until([&] { return handler.held.size() == 1 && listener->sessions_open() == 2; }));
  listener->drain();
  ASSERT_TRUE(turn_until([&] { return idle.ended(); }));
  EXPECT_FALSE(busy.ended());
  busy.send(make_query(2));
  turns(10);
  EXPECT_EQ(handler.held.size(), 1u);
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return busy.ended(); }));
  EXPECT_EQ(busy.received.size(), 1u);
  idle.close();
  busy.close();
  ASSERT_TRUE(turn_until([&] { return !listener->active(); }));
  EXPECT_EQ(closed(SessionEnd::Drain), 2u);
}

TEST_F(TcpListenerTest, AHandlerCanEndTheSessionThatAsked) {
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  ClientSession* session = listener->session_of(handler.held.front().to);
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(session->queries(), 1u);
  session->abort(SessionEnd::Local);
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
  ASSERT_TRUE(open_sessions(0));
  EXPECT_EQ(closed(SessionEnd::Local), 1u);
  EXPECT_EQ(listener->session_of(handler.held.front().to), nullptr);
}

TEST_F(TcpListenerTest, ASessionCanHaveAnIdleTimeoutOfItsOwn) {
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
