// The multiplexer with servers that work.

#include "test/tls/upstream/multiplexer_bench.h"

namespace dotring::upstream {
namespace {

using query::ForwardResult;

class MultiplexerTest : public MultiplexerBench {};

TEST_F(MultiplexerTest, AnswersAQuestion) {
  open();
  run_ms(5);
  Client& client = ask();
  run_ms(10);
  ASSERT_TRUE(client.answered());
  EXPECT_EQ(client.took_ms(), 6u);  // written this turn, read in the next, then the latency
  EXPECT_EQ(statistics(0).round_trip_us.count(), 1u);
  EXPECT_EQ(multiplexer->statistics().answered.value(), 1u);
  EXPECT_EQ(multiplexer->statistics().questions_in_flight.value(), 0u);
}

TEST_F(MultiplexerTest, WaitsForTheFirstConnection) {
  server(0).connect_ms = 300;
  server(1).connect_ms = 400;
  open();
  Client& client = ask();
  EXPECT_EQ(multiplexer->statistics().questions_waiting.value(), 1u);
  run_ms(299);
  EXPECT_FALSE(client.done);
  run_ms(20);
  EXPECT_TRUE(client.answered());
  EXPECT_EQ(multiplexer->statistics().questions_waiting.value(), 0u);
}

TEST_F(MultiplexerTest, OpensOneStreamPerServerAtTheStart) {
  open();
  run_ms(5);
  EXPECT_EQ(server(0).open_streams(), 1u);
  EXPECT_EQ(server(1).open_streams(), 1u);
}

TEST_F(MultiplexerTest, AllQuestionsOfATurnLeaveInOneWrite) {
  open();
  run_ms(5);
  for (int i = 0; i < 60; ++i) ask();
  run_ms(20);
  EXPECT_EQ(answered(), 60);
  EXPECT_EQ(statistics(0).queries.value(), 60u);
  EXPECT_EQ(statistics(0).writes.value(), 1u);
}

TEST_F(MultiplexerTest, OpensMoreStreamsWhenQuestionsPileUp) {
  open();
  run_ms(5);
  for (int i = 0; i < 20; ++i) ask();
  run_ms(4);
  EXPECT_EQ(server(0).open_streams(), 2u);
  for (int i = 0; i < 1000; ++i) ask();
  run_ms(4);
  EXPECT_EQ(server(0).open_streams(), 2u) << "no more than configured";
  run_until([&] { return all_done(); });
  EXPECT_EQ(answered(), 1020);
}

TEST_F(MultiplexerTest, SpreadsManyQuestionsOverTheStreams) {
  open();
  run_ms(5);
  for (int i = 0; i < 20; ++i) ask();
  run_ms(20);
  const uint64_t writes = statistics(0).writes.value();
  for (int i = 0; i < 400; ++i) ask();
  EXPECT_EQ(statistics(0).writes.value() - writes, 2u);
  run_ms(20);
  EXPECT_EQ(answered(), 420);
}

TEST_F(MultiplexerTest, QuestionsBeyondAllIdsWaitAndAreAnsweredInTurn) {
  options.servers.resize(1);
  options.connection.ids_max = 64;
  open();
  run_ms(5);
  for (int i = 0; i < 1000; ++i) ask();
  EXPECT_EQ(multiplexer->statistics().questions_waiting.value(), 1000u - 64u);
  run_until([&] { return all_done(); });
  EXPECT_EQ(answered(), 1000);
  EXPECT_EQ(multiplexer->statistics().questions_waiting.value(), 0u);
}

TEST_F(MultiplexerTest, NamesThatAreNeverAnsweredDoNotUseUpTheIdsForOthers) {
  options.servers.resize(1);
  options.connection.ids_max = 16;
  open();
  run_ms(5);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 40; ++i) ask("dropped" + std::to_string(i) + ".example.", 1000);
    run_until([&] { return all_done(); });
    Client& client = ask();
    run_ms(50);
    ASSERT_TRUE(client.answered()) << "round " << round;
    EXPECT_LE(server(0).open_streams(), options.connections + options.connections_apart);
  }
}

TEST_F(MultiplexerTest, TakesNoMoreQuestionsThanItHasRecords) {
  options.questions_max = 3;
  open();
  for (int i = 0; i < 3; ++i) ask();
  query::Forward more;
  const auto key = key_of("www.example.");
  more.key = &key;
  more.deadline_us = time.clock.now_us + 1000;
  EXPECT_FALSE(multiplexer->start(more));
  EXPECT_EQ(multiplexer->statistics().questions_refused.value(), 1u);
  run_ms(30);
  EXPECT_EQ(answered(), 3);
}

TEST_F(MultiplexerTest, ACancelledQuestionIsForgottenAndItsLateAnswerMeetsNobody) {
  open();
  run_ms(5);
  Client& client = ask();
  Client& other = ask();
  multiplexer->cancel(client);
  multiplexer->cancel(client);
  run_ms(20);
  EXPECT_FALSE(client.done);
  EXPECT_TRUE(other.answered());
  EXPECT_EQ(statistics(0).late.value(), 1u);
  client.done = true;
}

TEST_F(MultiplexerTest, ACancelledQuestionThatWaitedIsForgotten) {
  open();
  Client& client = ask();
  multiplexer->cancel(client);
  run_ms(20);
  EXPECT_FALSE(client.done);
  EXPECT_EQ(server(0).queries_seen + server(1).queries_seen, 0);
  EXPECT_EQ(multiplexer->statistics().questions_waiting.value(), 0u);
  client.done = true;
}

TEST_F(MultiplexerTest, OnDoneMayStartTheNextQuestion) {
  open();
  run_ms(5);
  struct Chain : query::Forward {
    Multiplexer* multiplexer = nullptr;
    int left = 10;
  } chain;
  chain.multiplexer = multiplexer.get();
  const auto key = key_of("www.example.");
  chain.key = &key;
  chain.deadline_us = time.clock.now_us + 5'000'000;
  chain.on_done = [](query::Forward& forward, ForwardResult result, Bytes, const dns::AnswerView&) {
    Chain& self = static_cast<Chain&>(forward);
    EXPECT_EQ(result, ForwardResult::Answered);
    EXPECT_TRUE(--self.left == 0 || self.multiplexer->start(forward));
  };
  ASSERT_TRUE(multiplexer->start(chain));
  EXPECT_TRUE(run_until([&] { return chain.left == 0; }, 100));
}

TEST_F(MultiplexerTest, FastestPrefersTheFasterServerButLooksAtTheOtherNowAndThen) {
  options.policy = Policy::Fastest;
  server(0).latency_ms = 60;
  server(1).latency_ms = 10;
  open();
  run_ms(5);
  for (int i = 0; i < 500; ++i) {
    ask();
    run_ms(70);
  }
  EXPECT_EQ(answered(), 500);
  EXPECT_GT(server(1).queries_seen, 480);
  EXPECT_GE(server(0).queries_seen, 3);
  // The other becomes the faster one.
  server(0).latency_ms = 2;
  const int before = server(0).queries_seen;
  for (int i = 0; i < 500; ++i) {
    ask();
    run_ms(70);
  }
  EXPECT_GT(server(0).queries_seen - before, 250);
}

TEST_F(MultiplexerTest, EvenAsksInTurn) {
  options.policy = Policy::Even;
  options.servers[0].weight = 3;
  open();
  run_ms(5);
  for (int i = 0; i < 400; ++i) ask();
  run_ms(20);
  EXPECT_EQ(server(0).queries_seen, 300);
  EXPECT_EQ(server(1).queries_seen, 100);
}

TEST_F(MultiplexerTest, AHedgeAsksASecondServerAfterTheSlowestPercentile) {
  options.hedge_percentile = 95;
  open();
  run_ms(5);
  for (int i = 0; i < 200; ++i) {
    ask();
    run_ms(10);
  }
  EXPECT_EQ(multiplexer->statistics().hedges.value(), 0u);
  server(0).latency_ms = 200;
  Client& client = ask();
  run_ms(30);
  EXPECT_TRUE(client.answered());
  EXPECT_EQ(multiplexer->statistics().hedges.value(), 1u);
  EXPECT_EQ(server(1).queries_seen, 1);
  EXPECT_EQ(multiplexer->statistics().asked_again_timeout.value(), 0u);
}

TEST_F(MultiplexerTest, WithoutHedgePatienceIsLonger) {
  open();
  run_ms(5);
  for (int i = 0; i < 20; ++i) {
    ask();
    run_ms(10);
  }
  server(0).latency_ms = 200;
  ask();
  run_ms(240);
  EXPECT_EQ(server(1).queries_seen, 0);
  EXPECT_TRUE(all_done());
}

TEST_F(MultiplexerTest, DrainFinishesWhatIsInFlightThenCloses) {
  open();
  run_ms(5);
  Client& client = ask();
  multiplexer->drain();
  EXPECT_FALSE(multiplexer->closed());
  query::Forward more;
  EXPECT_FALSE(multiplexer->start(more));
  EXPECT_TRUE(run_until([&] { return multiplexer->closed(); }, 50));
  EXPECT_TRUE(client.answered());
}

TEST_F(MultiplexerTest, AbortCancelsWhatIsInFlight) {
  open();
  run_ms(5);
  Client& client = ask();
  multiplexer->abort();
  EXPECT_TRUE(client.done);
  EXPECT_EQ(client.result, ForwardResult::Cancelled);
  EXPECT_TRUE(run_until([&] { return multiplexer->closed(); }, 50));
}

TEST_F(MultiplexerTest, CountsResumedHandshakes) {
  open();
  run_ms(5);
  server(0).resumes = true;
  server(0).reset_all();
  run_ms(200);
  EXPECT_EQ(statistics(0).handshakes_full.value(), 1u);
  EXPECT_EQ(statistics(0).handshakes_resumed.value(), 1u);
  EXPECT_EQ(statistics(0).reconnects.value(), 1u);
}

TEST_F(MultiplexerTest, SaysHowMuchMemoryItMayTake) {
  EXPECT_GT(Multiplexer::memory_max(options), options.questions_max * sizeof(Inquiry));
  EXPECT_LT(Multiplexer::memory_max(options), 16u << 20);
}

}  // namespace
}  // namespace dotring::upstream
