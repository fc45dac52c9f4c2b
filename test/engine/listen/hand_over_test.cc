// A listener's socket and connections go on with another one: what was asked is answered once,
// whoever does it.

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/listen/udp_listener.h"
#include "test/engine/listen/tcp_listener_fixture.h"

namespace dotring::listen::test {
namespace {

int duplicate(int descriptor) {
  return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

class HandOverTest : public TcpListenerTest, protected ConnectionHeir {
 protected:
  /// Two listeners on one socket; only the first one reads it.
  void listen_twice() {
    listen();
    heir_limits = std::make_unique<SessionLimits>(limits_options, HashKey{1, 2});
    heir = std::make_unique<TcpListener>(loop, options, *heir_limits, streams, heirs_handler);
    ASSERT_EQ(heir->adopt(duplicate(listener->descriptor())), std::nullopt);
    EXPECT_EQ(heir->local(), listener->local());
  }
  void TearDown() override {
    TcpListenerTest::TearDown();
    heir->abort();
    EXPECT_TRUE(turn_until([this] { return !heir->active(); }));
    EXPECT_EQ(heir_limits->sessions(), 0u);
    EXPECT_EQ(heir_limits->bytes_lent(), 0u);
  }
  void inherit(int descriptor, Bytes unread) override {
    ++inherited;
    heir->inherit(descriptor, unread);
  }
  bool left() {
    return turn_until([this] { return !listener->active(); });
  }
  bool answered(TcpClient& client, size_t count) {
    return turn_until([&] {
      client.pump();
      return client.receive().size() >= count;
    });
  }

  EchoHandler heirs_handler;
  std::unique_ptr<SessionLimits> heir_limits;
  std::unique_ptr<TcpListener> heir;
  int inherited = 0;
};

TEST_F(HandOverTest, AnIdleConnectionGoesOnAtOnce) {
  listen_twice();
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(answered(client, 1));
  listener->hand_over(*this);
  ASSERT_TRUE(left());
  EXPECT_EQ(closed(SessionEnd::HandedOver), 1u);
  client.send(make_query(2));
  ASSERT_TRUE(answered(client, 2));
  EXPECT_EQ(heirs_handler.clients.size(), 1u);
  EXPECT_EQ(heir->sessions_open(), 1u);
}

TEST_F(HandOverTest, WhatIsInFlightIsAnsweredBeforeAndWhatHasBegunGoesAlong) {
  listen_twice();
  handler.hold = true;
  TcpClient client(listener->local());
  client.queue(make_query(1));
  const Message second = make_query(2);
  const uint8_t length[2] = {0, static_cast<uint8_t>(second.size())};
  client.queue_bytes(length);
  client.queue_bytes(Bytes(second).first(10));
  ASSERT_TRUE(client.pump());
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));

  listener->hand_over(*this);
  turns(5);
  EXPECT_EQ(inherited, 0);
  handler.answer_first();
  ASSERT_TRUE(left());
  EXPECT_EQ(inherited, 1);
  client.queue_bytes(Bytes(second).subspan(10));
  ASSERT_TRUE(answered(client, 2));
  EXPECT_EQ(client.received[0], make_query(1));
  EXPECT_EQ(client.received[1], second);
  EXPECT_EQ(heirs_handler.clients.size(), 1u);
}

TEST_F(HandOverTest, InTheMiddleOfAPipelineNothingIsLostOrAnsweredTwice) {
  constexpr uint16_t kQueries = 4000;
  options.session.queries_in_flight_max = 16;
  listen_twice();
  TcpClient client(listener->local());
  for (uint16_t id = 0; id < kQueries; ++id) client.queue(make_query(id, 200));
  ASSERT_TRUE(answered(client, 100));
  listener->hand_over(*this);
  ASSERT_TRUE(answered(client, kQueries));
  EXPECT_GT(heirs_handler.clients.size(), 0u);
  turns(5);
  ASSERT_EQ(client.receive().size(), kQueries);
  for (uint16_t id = 0; id < kQueries; ++id) {
    EXPECT_EQ(client.received[id], make_query(id, 200)) << id;
  }
}

TEST_F(HandOverTest, ConnectionsThatWaitedToBeAcceptedAreServedByEither) {
  listen_twice();
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (uint16_t id = 0; id < 20; ++id) {
    clients.push_back(std::make_unique<TcpClient>(listener->local()));
    clients.back()->send(make_query(id));
    if (id == 10) loop.turn(0);
  }
  heir->start();
  listener->hand_over(*this);
  for (auto& client : clients) EXPECT_TRUE(answered(*client, 1));
}

TEST_F(HandOverTest, WhoHasShutDownItsSideStillGetsItsAnswer) {
  listen_twice();
  heirs_handler.hold = true;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(answered(client, 1));
  listener->hand_over(*this);
  client.send(make_query(2));
  client.finish_sending();
  ASSERT_TRUE(turn_until([&] { return heirs_handler.held.size() == 1; }));
  heirs_handler.answer_first();
  ASSERT_TRUE(answered(client, 2));
  ASSERT_TRUE(turn_until([&] { return client.ended(); }));
}

TEST_F(HandOverTest, AnAnswerThatNeverComesDoesNotKeepTheConnection) {
  listen_twice();
  handler.hold = true;
  TcpClient client(listener->local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  listener->hand_over(*this);
  clock.advance_ms(options.session.finish_timeout_ms + 1);
  ASSERT_TRUE(left());
  EXPECT_EQ(inherited, 0);
  EXPECT_TRUE(turn_until([&] { return client.ended(); }));
}

class UdpHandOverTest : public LoopTest {
 protected:
  void TearDown() override {
    for (UdpListener* listener : {&first, &second}) listener->stop();
    EXPECT_TRUE(turn_until([this] { return !first.active() && !second.active(); }));
  }

  EchoHandler handler, heirs_handler;
  UdpListener first{loop, {}, handler};
  UdpListener second{loop, {}, heirs_handler};
};

TEST_F(UdpHandOverTest, WhatWaitsInTheSocketIsReadByTheOther) {
  ASSERT_EQ(first.open(endpoint("127.0.0.1:0")), std::nullopt);
  ASSERT_EQ(second.adopt(duplicate(first.descriptor())), std::nullopt);
  EXPECT_EQ(second.local(), first.local());
  first.start();
  handler.hold = true;
  UdpClient client(first.local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));

  first.stop();
  ASSERT_TRUE(turn_until([&] { return !first.active(); }));
  for (uint16_t id = 2; id < 50; ++id) client.send(make_query(id));
  second.start();
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == 48; }));
  EXPECT_EQ(handler.clients.size(), 1u);
  // And what was in flight is still answered by the first.
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == 49; }));
  EXPECT_EQ(client.received.back(), make_query(1));
}

}  // namespace
}  // namespace dotring::listen::test
