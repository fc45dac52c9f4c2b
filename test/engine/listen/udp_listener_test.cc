#include "engine/listen/udp_listener.h"

#include <set>

#include "test/engine/listen/loopback.h"

namespace dotring::listen::test {
namespace {

class UdpListenerTest : public LoopTest {
 protected:
  void listen(std::string_view local) {
    ASSERT_EQ(listener.open(endpoint(local)), std::nullopt);
    listener.start();
  }
  void TearDown() override {
    listener.stop();
    EXPECT_TRUE(turn_until([this] { return !listener.active(); }));
  }
  /// The listener's port at another address.
  Endpoint at(std::string_view address) const {
    return {*IpAddress::parse(address), listener.local().port};
  }

  EchoHandler handler;
  UdpListener listener{loop, {}, handler};
};

TEST_F(UdpListenerTest, AnswersOverIpv4) {
  listen("127.0.0.1:0");
  UdpClient client(listener.local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  EXPECT_EQ(client.received[0], make_query(1));
  EXPECT_EQ(handler.transport, query::Transport::Udp);
  EXPECT_EQ(handler.clients[0].address, *IpAddress::parse("127.0.0.1"));
  EXPECT_EQ(listener.statistics().queries.value(), 1u);
  EXPECT_EQ(listener.statistics().replies.value(), 1u);
  EXPECT_EQ(listener.queries_in_flight(), 0u);
}

TEST_F(UdpListenerTest, AnswersOverIpv6) {
  listen("[::1]:0");
  UdpClient client(listener.local());
  client.send(make_query(2));
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  EXPECT_EQ(client.received[0], make_query(2));
}

TEST_F(UdpListenerTest, ManyWaitingQueriesAreAnsweredInBatches) {
  listen("127.0.0.1:0");
  UdpClient client(listener.local());
  constexpr uint16_t kCount = 200;  // as many replies as the client's socket holds
  for (uint16_t id = 0; id < kCount; ++id) client.send(make_query(id));
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == kCount; }));
  for (uint16_t id = 0; id < kCount; ++id) EXPECT_EQ(client.received[id], make_query(id));
  EXPECT_LE(listener.socket_statistics().receives.value(), kCount / 32);
  EXPECT_LE(listener.socket_statistics().sends.value(), kCount / 32);
}

// A connected UDP socket only takes datagrams that come from the address it asked.
TEST_F(UdpListenerTest, OnAWildcardTheReplyLeavesFromTheAddressThatWasAsked) {
  listen("0.0.0.0:0");
  UdpClient first(at("127.0.0.2"));
  UdpClient second(at("127.0.0.3"));
  handler.hold = true;
  first.send(make_query(1));
  second.send(make_query(2));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 2; }));
  handler.answer_last();
  handler.answer_last();
  ASSERT_TRUE(turn_until([&] { return !first.receive().empty() && !second.receive().empty(); }));
  EXPECT_EQ(first.received[0], make_query(1));
  EXPECT_EQ(second.received[0], make_query(2));
}

TEST_F(UdpListenerTest, OnAnIpv6WildcardTooTheReplyComesBack) {
  listen("[::]:0");
  UdpClient client(at("::1"));
  client.send(make_query(3));
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  EXPECT_EQ(client.received[0], make_query(3));
}

TEST_F(UdpListenerTest, LateRepliesGoToWhoAsked) {
  listen("127.0.0.1:0");
  UdpClient first(listener.local());
  UdpClient second(listener.local());
  handler.hold = true;
  first.send(make_query(1));
  second.send(make_query(2));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 2; }));
  EXPECT_EQ(listener.queries_in_flight(), 2u);
  while (!handler.held.empty()) handler.answer_last();
  ASSERT_TRUE(turn_until([&] { return !first.receive().empty() && !second.receive().empty(); }));
  EXPECT_EQ(first.received[0], make_query(1));
  EXPECT_EQ(second.received[0], make_query(2));
  EXPECT_EQ(listener.queries_in_flight(), 0u);
}

TEST_F(UdpListenerTest, AReplyAboveADatagramsLimitGetsNoRoomAndIsDropped) {
  listen("127.0.0.1:0");
  UdpClient client(listener.local());
  handler.answer_size = 5000;
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return listener.statistics().dropped_by_handler.value() == 1; }));
  EXPECT_EQ(listener.statistics().replies_without_room.value(), 1u);
  EXPECT_EQ(listener.queries_in_flight(), 0u);
}

TEST_F(UdpListenerTest, DrainTakesNoMoreButStillAnswers) {
  listen("127.0.0.1:0");
  UdpClient client(listener.local());
  handler.hold = true;
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  listener.drain();
  ASSERT_TRUE(turn_until([&] { return !listener.active(); }));
  client.send(make_query(2));
  loop.turn(0);
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  EXPECT_EQ(client.received[0], make_query(1));
  EXPECT_EQ(listener.statistics().queries.value(), 1u);
}

TEST_F(UdpListenerTest, DrainTakesWhatHasArrivedUnread) {
  listen("127.0.0.1:0");
  UdpClient client(listener.local());
  for (uint16_t id = 0; id < 100; ++id) client.send(make_query(id));
  listener.drain();
  EXPECT_EQ(listener.statistics().queries.value(), 100u);
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == 100; }));
}

TEST_F(UdpListenerTest, DrainTakesThemFromTheLargestBufferToo) {
  UdpListener::Options options;
  options.socket.receive_buffer_bytes = 1 << 30;
  UdpListener largest(loop, options, handler);
  ASSERT_EQ(largest.open(endpoint("127.0.0.1:0")), std::nullopt);
  UdpClient client(largest.local());
  client.send(make_query(1));
  largest.drain();
  EXPECT_EQ(largest.statistics().queries.value(), 1u);
}

TEST_F(UdpListenerTest, QueriesAnsweredInTheirTurnAreTimedToItsEnd) {
  listen("127.0.0.1:0");
  handler.before = [this] { clock.advance_ms(1); };
  UdpClient client(listener.local());
  for (uint16_t id = 0; id < 3; ++id) client.send(make_query(id));
  ASSERT_TRUE(turn_until([&] { return client.receive().size() == 3; }));
  EXPECT_EQ(listener.statistics().turn_us.count(), 3u);
  EXPECT_EQ(listener.statistics().turn_us.sum(), 3u * 3000u);
}

TEST_F(UdpListenerTest, QueriesThatWaitAreNotAmongThose) {
  listen("127.0.0.1:0");
  handler.hold = true;
  UdpClient client(listener.local());
  client.send(make_query(1));
  ASSERT_TRUE(turn_until([&] { return handler.held.size() == 1; }));
  handler.answer_first();
  ASSERT_TRUE(turn_until([&] { return !client.receive().empty(); }));
  EXPECT_EQ(listener.statistics().turn_us.count(), 0u);
}

TEST_F(UdpListenerTest, ATakenAddressIsAFailureInWords) {
  io::UdpSocket::Options alone;
  alone.reuse_port = false;
  UdpListener first(loop, {alone}, handler);
  ASSERT_EQ(first.open(endpoint("127.0.0.1:0")), std::nullopt);
  UdpListener second(loop, {alone}, handler);
  const auto failure = second.open(first.local());
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->find("in use"), std::string::npos) << *failure;
}

}  // namespace
}  // namespace dotring::listen::test
