// Streams that lie idle: learned limits, what keeps them open, and never a question on a stream
// that is about to close.

#include <gtest/gtest.h>

#include "test/tls/upstream/multiplexer_bench.h"

namespace dotring::upstream {
namespace {

class Idle : public MultiplexerBench {
 protected:
  Idle() : MultiplexerBench(1) {}
  /// So many tenths of a second as its idle limit (RFC 7828).
  void ask_server_that_tells(uint16_t keepalive_100ms) {
    server(0).fields.keepalive_100ms = keepalive_100ms;
    open();
    run_ms(5);
    ask();
  }
};

TEST_F(Idle, AStreamThatTheServerClosedIsReplacedAtOnce) {
  server(0).idle_close_ms = 10'000;
  open();
  run_ms(10'010);
  EXPECT_EQ(server(0).dialled, 2);
  EXPECT_EQ(server(0).open_streams(), 1u);
  EXPECT_EQ(statistics(0).peer_closes_idle.value(), 1u);
  EXPECT_NEAR(static_cast<double>(statistics(0).idle_limit_ms.value()), 10'000, 5);
}

TEST_F(Idle, TheLimitIsLearnedAndAWarmStreamIsAlwaysReady) {
  server(0).idle_close_ms = 10'000;
  server(0).connect_ms = 50;
  open();
  run_ms(30'000);
  // From now on, whenever a question comes, it does not wait for a handshake.
  for (int i = 0; i < 60; ++i) {
    run_ms(1'000 + 397 * (static_cast<uint64_t>(i) % 25));
    Client& client = ask();
    run_ms(6);
    ASSERT_TRUE(client.answered()) << "round " << i;
  }
  EXPECT_EQ(statistics(0).streams_lost.value(), 0u);
  EXPECT_GE(statistics(0).keepalives.value(), 1u);
}

TEST_F(Idle, TheLimitThatIsToldIsTheOneInForce) {
  server(0).idle_close_ms = 2'000;
  open();
  run_ms(2'010);
  server(0).fields.keepalive_100ms = uint16_t{100};
  ask();
  run_ms(10);
  EXPECT_NEAR(static_cast<double>(statistics(0).idle_limit_ms.value()), 2'000, 5);
}

TEST_F(Idle, AStreamThatTheServerWantsClosedAtOnceIsNotKeptOpen) {
  ask_server_that_tells(4);
  run_ms(10'000);
  EXPECT_EQ(server(0).probes_seen, 0);
  EXPECT_EQ(server(0).open_streams(), 0u);
  EXPECT_EQ(server(0).dialled, 1);
}

TEST_F(Idle, OurOwnQuestionKeepsTheLastStreamOpen) {
  server(0).idle_close_ms = 10'000;
  ask_server_that_tells(100);
  run_ms(60'000);
  EXPECT_EQ(server(0).dialled, 1);
  EXPECT_EQ(server(0).open_streams(), 1u);
  EXPECT_EQ(server(0).probes_seen, 7);
  EXPECT_EQ(statistics(0).keepalives.value(), 7u);
}

TEST_F(Idle, AQuestionThatComesDuringOurOwnGoesOnTheSameStream) {
  server(0).latency_ms = 100;
  ask_server_that_tells(100);
  while (server(0).probes_seen == 0) run_ms(1);
  Client& client = ask();
  run_ms(110);
  EXPECT_TRUE(client.answered());
  EXPECT_EQ(server(0).dialled, 1);
}

TEST_F(Idle, AServerThatDoesNotAnswerOurOwnQuestionIsNotFailing) {
  server(0).answers_probes = false;
  ask_server_that_tells(100);
  run_ms(100'000);
  EXPECT_GE(server(0).dialled, 10) << "its streams are replaced";
  EXPECT_EQ(server(0).open_streams(), 1u);
  EXPECT_EQ(state(0), ServerState::Up);
  EXPECT_EQ(statistics(0).streams_silent.value(), 0u);
}

TEST_F(Idle, AStreamThatTurnsOutDeadIsReplacedAndAQuestionOnItAskedAgain) {
  ask_server_that_tells(100);
  run_ms(20);
  server(0).fault = Fault::Silent;
  while (server(0).probes_seen == 0) run_ms(1);
  Client& client = ask();
  run_ms(100);
  server(0).recover();
  run_ms(200);
  EXPECT_TRUE(client.answered());
  EXPECT_EQ(statistics(0).streams_silent.value(), 0u);
  run_ms(1'000);
  EXPECT_EQ(statistics(0).streams_silent.value(), 1u);
}

TEST_F(Idle, WithTrafficNothingIsAskedBesides) {
  server(0).fields.keepalive_100ms = uint16_t{100};
  open();
  run_ms(5);
  for (int i = 0; i < 30; ++i) {
    ask();
    run_ms(2'000);
  }
  EXPECT_EQ(server(0).dialled, 1);
  EXPECT_EQ(server(0).probes_seen, 0);
}

TEST_F(Idle, SpareStreamsAreNotKept) {
  server(0).fields.keepalive_100ms = uint16_t{100};
  open();
  run_ms(5);
  for (int i = 0; i < 40; ++i) ask();
  run_ms(20);
  EXPECT_EQ(server(0).open_streams(), 2u);
  run_ms(60'000);
  EXPECT_EQ(server(0).open_streams(), 1u);
}

TEST_F(Idle, AfterALongTimeWithoutQuestionsNoStreamIsKept) {
  options.warm_for_ms = 60'000;
  ask_server_that_tells(100);
  run_ms(80'000);
  EXPECT_EQ(server(0).live_streams(), 0u);
  const int dialled = server(0).dialled;
  run_ms(600'000);
  EXPECT_EQ(server(0).dialled, dialled);
  Client& client = ask();
  run_ms(20);
  EXPECT_TRUE(client.answered());
}

TEST_F(Idle, KeepaliveOfZeroMovesToAnotherStream) {
  open();
  run_ms(5);
  server(0).fields.keepalive_100ms = uint16_t{0};
  for (int i = 0; i < 10; ++i) {
    Client& client = ask();
    run_ms(20);
    EXPECT_TRUE(client.answered());
  }
  EXPECT_GE(server(0).dialled, 10);
  EXPECT_EQ(state(0), ServerState::Up);
}

TEST_F(Idle, AServerThatDropsUnusedStreamsAtOnceIsBackedOffFrom) {
  server(0).idle_close_ms = 1;
  open();
  run_ms(60'000);
  EXPECT_LE(server(0).dialled, 12);
}

}  // namespace
}  // namespace dotring::upstream
