#include "engine/listen/tcp_listener.h"

#include "test/engine/listen/tcp_listener_fixture.h"

namespace dotring::listen::test {
namespace {

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

TEST_F(TcpListenerTest, QueriesAnsweredInTheirTurnAreTimedToItsEnd) {
  listen();
  handler.before = [this] { clock.advance_ms(1); };
  TcpClient client(listener->local());
  for (uint16_t id = 0; id < 3; ++id) client.queue(make_query(id));
  ASSERT_TRUE(turn_until([&] {
    client.pump();
    return client.receive().size() == 3;
  }));
  handler.hold = true;
  client.send(make_query(4));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == 4; }));
  EXPECT_EQ(listener->statistics().turn_us.count(), 3u);
  EXPECT_GE(listener->statistics().turn_us.sum(), 3u * 1000u);
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

TEST_F(TcpListenerTest, AnswersToAllThatOneReadGaveLeaveInOneSend) {
  listen();
  TcpClient client(listener->local());
  constexpr uint16_t kCount = 200;
  for (uint16_t id = 0; id < kCount; ++id) client.queue(make_query(id));
  ASSERT_TRUE(client.pump());
  const uint64_t before = loop.statistics().sends.value();
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == kCount; }));
  EXPECT_EQ(listener->statistics().queries_per_read.count(), 1u);
  EXPECT_EQ(loop.statistics().sends.value() - before, 1u);
}

TEST_F(TcpListenerTest, AnswersThatComeLaterInOneTurnLeaveInOneSend) {
  listen();
  handler.hold = true;
  TcpClient client(listener->local());
  constexpr size_t kCount = 200;
  for (uint16_t id = 0; id < kCount; ++id) client.queue(make_query(id));
  ASSERT_TRUE(client.pump());
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == kCount; }));
  const uint64_t before = loop.statistics().sends.value();
  while (!handler.held.empty()) handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == kCount; }));
  EXPECT_EQ(loop.statistics().sends.value() - before, 1u);
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
  limits_options.connections_max = 1;
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
  limits_options.connections_max = 2;
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
  limits_options.client_connections_max = 2;
  listen("0.0.0.0:0");
  const Endpoint local{*IpAddress::parse("127.0.0.1"), listener->local().port};
  TcpClient first(local);
  TcpClient second(local);
  ASSERT_TRUE(open_sessions(2));
  TcpClient third(local);
  ASSERT_TRUE(turn_until([&] { return third.ended(); }));
  EXPECT_EQ(listener->statistics().refused_client.value(), 1u);
  TcpClient elsewhere(local, 0, endpoint("127.0.0.2:0"));
  elsewhere.send(make_query(5));
  ASSERT_TRUE(turn_until([&] { return !elsewhere.receive().empty(); }));
  ASSERT_TRUE(open_sessions(3));
  first.close();
  ASSERT_TRUE(open_sessions(2));
  TcpClient fourth(local);
  fourth.send(make_query(4));
  ASSERT_TRUE(turn_until([&] { return !fourth.receive().empty(); }));
}

class RefusalsTold final : public RefusalObserver {
 public:
  void on_connection_refused(const Endpoint& peer, query::Transport transport, Refusal refusal,
                             uint64_t now_us) override {
    EXPECT_EQ(transport, query::Transport::Tcp);
    EXPECT_GT(now_us, 0u);
    all.emplace_back(peer.address.to_text(), refusal);
  }

  std::vector<std::pair<std::string, Refusal>> all;
};

TEST_F(TcpListenerTest, WhoIsRefusedIsToldWithTheReason) {
  limits_options.client_connections_max = 1;
  limits_options.connections_max = 2;
  protect::AccessList access({.allow = {*protect::Network::parse("127.0.0.0/8")},
                              .refuse = {},
                              .drop = {*protect::Network::parse("127.0.9.0/24")}});
  options.access = &access;
  listen("0.0.0.0:0");
  RefusalsTold told;
  listener->set_refusal_observer(&told);
  const Endpoint local{*IpAddress::parse("127.0.0.1"), listener->local().port};
  const auto refused = [&](const char* from) {
    TcpClient client(local, 0, endpoint(from));
    EXPECT_TRUE(turn_until([&] { return client.ended(); }));
  };
  TcpClient first(local);
  ASSERT_TRUE(open_sessions(1));
  refused("127.0.9.1:0");
  refused("127.0.0.1:0");
  TcpClient second(local, 0, endpoint("127.0.0.2:0"));
  ASSERT_TRUE(open_sessions(2));
  refused("127.0.0.3:0");
  const decltype(told.all) expected = {
      {"127.0.9.1", Refusal::Access}, {"127.0.0.1", Refusal::Client}, {"127.0.0.3", Refusal::Full}};
  EXPECT_EQ(told.all, expected);
  EXPECT_EQ(listener->statistics().refused_access.value(), 1u);
  EXPECT_EQ(listener->statistics().accepted.value(), 2u);
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

TEST_F(TcpListenerTest, WhoWaitsIsAcceptedAtTheEndAndWhoComesLaterRefused) {
  listen();
  turns(2);
  const Endpoint address = listener->local();
  TcpClient early(address);  // The kernel has accepted it, the loop has not turned since.
  TcpClient second(address);
  listener->stop_accepting();
  ASSERT_TRUE(turn_until([&] { return !listener->accepting(); }));
  EXPECT_EQ(listener->sessions_open(), 2u);
  early.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return !early.receive().empty(); }));
  EXPECT_FALSE(TcpClient(address).connected());
}

TEST_F(TcpListenerTest, DrainClosesTheDoorToo) {
  listen();
  const Endpoint address = listener->local();
  listener->drain();
  ASSERT_TRUE(turn_until([&] { return !listener->active(); }));
  EXPECT_FALSE(TcpClient(address).connected());
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

}  // namespace
}  // namespace dotring::listen::test
