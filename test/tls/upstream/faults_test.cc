// Each fault that an upstream may have: other queries are unaffected, and the query is answered by
// another stream or server within its deadline; when there is none, it ends in time with the right
// result.

#include <gtest/gtest.h>

#include "test/tls/upstream/each_fault.h"

namespace dotring::upstream {
namespace {

using query::ForwardResult;

INSTANTIATE_TEST_SUITE_P(, EachFault, testing::ValuesIn(kFaults),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(EachFault, FromTheStartEveryQuestionIsAnsweredByTheOtherServer) {
  server(0).fault = GetParam().fault;
  open();
  ask_many();
  EXPECT_EQ(answered(), 200);
  expect_deadlines_held();
  for (const Client& client : clients) EXPECT_LE(client.took_ms(), 2500u);
}

TEST_P(EachFault, InTheMiddleEveryQuestionIsAnsweredByTheOtherServer) {
  open();
  run_ms(5);
  ask_many();
  EXPECT_EQ(server(1).queries_seen, 0);
  server(0).fault = GetParam().fault;
  if (GetParam().fault == Fault::Refuses) server(0).reset_all();
  ask_many();
  EXPECT_EQ(answered(), 400);
  for (const Client& client : clients) EXPECT_LE(client.took_ms(), 2500u);
}

TEST_P(EachFault, OfEveryServerEndsEachQuestionOnceAndInTime) {
  ask_while_all_fail();
  EXPECT_EQ(multiplexer->statistics().questions_in_flight.value(), 0u);
  multiplexer->abort();
  EXPECT_EQ(statistics(0).in_flight.value(), 0u);
}

class Faults : public MultiplexerBench {};

TEST_F(Faults, ARefusingServerIsKnownQuickly) {
  options.servers.resize(1);
  server(0).fault = Fault::Refuses;
  open();
  Client& first = ask();
  EXPECT_TRUE(run_until([&] { return first.done; }, 200));
  EXPECT_EQ(first.result, ForwardResult::NoUpstream);
  Client& second = ask();
  run_ms(1);
  EXPECT_TRUE(second.done) << "nobody waits for a server that is known to fail";
  EXPECT_EQ(second.result, ForwardResult::NoUpstream);
}

TEST_F(Faults, AShortInterruptionOfTheOnlyServerIsNotSeen) {
  options.servers.resize(1);
  open();
  run_ms(5);
  server(0).fault = Fault::Refuses;
  server(0).reset_all();
  run_ms(5);
  Client& client = ask();
  server(0).fault = Fault::None;
  run_ms(200);
  EXPECT_TRUE(client.answered());
}

TEST_F(Faults, ASilentServerEndsQuestionsAtTheirDeadline) {
  options.servers.resize(1);
  server(0).fault = Fault::Silent;
  open();
  run_ms(5);
  Client& client = ask("www.example.", 777);
  run_until([&] { return client.done; });
  EXPECT_EQ(client.result, ForwardResult::TimedOut);
  EXPECT_EQ(client.took_ms(), 777u);
}

TEST_F(Faults, TheDeadlineHoldsWhileConnectingAndNobodyWasAsked) {
  server(0).fault = Fault::StallsInHandshake;
  server(1).fault = Fault::StallsInHandshake;
  open();
  Client& client = ask("www.example.", 1500);
  run_until([&] { return client.done; });
  EXPECT_EQ(client.result, ForwardResult::NoUpstream);
  EXPECT_EQ(client.took_ms(), 1500u);
}

TEST_F(Faults, AnImpossibleDeadlineEndsAtOnce) {
  open();
  run_ms(5);
  Client& client = ask("www.example.", 0);
  run_ms(1);
  EXPECT_EQ(client.result, ForwardResult::TimedOut);
}

TEST_F(Faults, QuestionsOfALostStreamAreAskedElsewhereAtOnce) {
  open();
  run_ms(5);
  server(0).latency_ms = 100;
  for (int i = 0; i < 50; ++i) ask();
  run_ms(20);
  server(0).reset_all();
  run_ms(10);
  EXPECT_EQ(answered(), 50);
  EXPECT_EQ(multiplexer->statistics().asked_again_lost.value(), 50u);
  EXPECT_EQ(server(1).queries_seen, 50);
}

TEST_F(Faults, QuestionsOfALostStreamWaitForTheNextOneOfTheOnlyServer) {
  options.servers.resize(1);
  open();
  run_ms(5);
  ask();
  run_ms(10);
  server(0).latency_ms = 20;
  for (int i = 0; i < 50; ++i) ask();
  run_ms(10);
  server(0).reset_all();
  run_ms(100);
  EXPECT_EQ(answered(), 51);
}

TEST_F(Faults, AServerThatLosesEveryStreamEndsAsNetworkFailed) {
  options.servers.resize(1);
  server(0).latency_ms = 100;
  open();
  run_ms(5);
  Client& client = ask();
  for (int i = 0; i < 40 && !client.done; ++i) {
    run_ms(50);
    server(0).reset_all();
  }
  ASSERT_TRUE(client.done);
  EXPECT_EQ(client.result, ForwardResult::NetworkFailed);
}

TEST_F(Faults, AServerThatClosesAfterEachAnswerStillAnswersEverything) {
  options.servers.resize(1);
  server(0).fault = Fault::ClosesAfterEachAnswer;
  open();
  run_ms(5);
  for (int i = 0; i < 100; ++i) ask();
  EXPECT_TRUE(run_until([&] { return all_done(); }));
  EXPECT_EQ(answered(), 100);
  EXPECT_LT(server(0).queries_seen, 500) << "asks not much more than what is answered";
}

TEST_F(Faults, AnAnswerAfterPatienceEndedIsStillTaken) {
  open();
  run_ms(5);
  server(0).latency_ms = 1200;
  server(1).latency_ms = 1200;
  Client& client = ask();
  run_until([&] { return client.done; });
  EXPECT_EQ(client.took_ms(), 1201u) << "the first server's";
  EXPECT_EQ(server(1).queries_seen, 1);
  EXPECT_EQ(statistics(0).timeouts.value(), 1u);
}

TEST_F(Faults, ASlowNameIsNoReasonToDropAStream) {
  options.servers.resize(1);
  options.connections = 1;
  open();
  run_ms(5);
  ask();
  run_ms(10);
  server(0).latency_ms = 900;
  Client& client = ask();
  run_ms(300);
  server(0).latency_ms = 5;
  run_until([&] { return client.done; });
  EXPECT_TRUE(client.answered());
  EXPECT_EQ(server(0).dialled, 1);
}

TEST_F(Faults, ASilentStreamIsFoundByAProbeAndReplaced) {
  open();
  run_ms(5);
  server(0).fault = Fault::Silent;
  for (int i = 0; i < 30; ++i) {
    ask();
    run_ms(100);
  }
  EXPECT_TRUE(run_until([&] { return all_done(); }));
  EXPECT_EQ(answered(), 30);
  EXPECT_GE(statistics(0).streams_silent.value(), 1u);
  EXPECT_LT(server(0).queries_seen, 25) << "it is not asked while in doubt";
  EXPECT_TRUE(run_until([&] { return state(0) == ServerState::Failing; }));
  EXPECT_EQ(state(1), ServerState::Up);
}

TEST_F(Faults, AFailingServerIsLeftAloneAndTriedAgain) {
  server(0).fault = Fault::Refuses;
  open();
  run_ms(60'000);
  EXPECT_EQ(state(0), ServerState::Failing);
  EXPECT_LE(server(0).dialled, 9);
  EXPECT_EQ(events, std::vector<Event::Kind>(events.size(), Event::Kind::ServerFailing));
  EXPECT_GE(events.size(), 4u);
  server(0).fault = Fault::None;
  EXPECT_TRUE(run_until([&] { return state(0) == ServerState::Up; }, 75'000))
      << "by its own question, nobody asked";
  EXPECT_EQ(events.back(), Event::Kind::ServerUp);
  EXPECT_EQ(server(0).probes_seen, 1);
}

TEST_F(Faults, NothingIsSentToAServerWithABadCertificate) {
  server(0).fault = Fault::BadCertificate;
  open();
  for (int i = 0; i < 100; ++i) {
    ask();
    run_ms(100);
  }
  EXPECT_EQ(answered(), 100);
  EXPECT_EQ(server(0).queries_seen + server(0).probes_seen, 0);
  EXPECT_EQ(statistics(0).certificates_refused.value(), static_cast<uint64_t>(server(0).dialled));
  EXPECT_EQ(events, std::vector<Event::Kind>(events.size(), Event::Kind::CertificateRefused));
  EXPECT_EQ(events.size(), statistics(0).certificates_refused.value());
}

TEST_F(Faults, AFailedHandshakeIsNoBadCertificate) {
  server(0).fault = Fault::NoCommonCipher;
  open();
  for (int i = 0; i < 100; ++i) {
    ask();
    run_ms(100);
  }
  EXPECT_EQ(answered(), 100);
  EXPECT_EQ(statistics(0).handshakes_failed.value(), static_cast<uint64_t>(server(0).dialled));
  EXPECT_EQ(statistics(0).certificates_refused.value(), 0u);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events, std::vector<Event::Kind>(events.size(), Event::Kind::HandshakeFailed));
}

TEST_F(Faults, ABadCertificateOfAllServersIsNoUpstreamAndLoggedOncePerBackOff) {
  server(0).fault = Fault::BadCertificate;
  server(1).fault = Fault::BadCertificate;
  open();
  for (int i = 0; i < 300; ++i) {
    ask();
    run_ms(200);
  }
  EXPECT_EQ(count(ForwardResult::NoUpstream), 300);
  EXPECT_EQ(server(0).queries_seen + server(1).queries_seen, 0);
  EXPECT_GE(server(0).dialled, 10);
  EXPECT_LE(events.size(), 2u * 8);
}

TEST_F(Faults, AllServersGoneAreTriedOftenOnlyWhileSomebodyAsks) {
  server(0).fault = Fault::Refuses;
  server(1).fault = Fault::Refuses;
  open();
  run_ms(1000);
  ask();
  run_ms(20'000);
  const int asked = server(0).dialled;
  EXPECT_GE(asked, 30);
  run_ms(100'000);
  const int then = server(0).dialled;
  run_ms(60'000);
  EXPECT_LE(server(0).dialled - then, 3);
}

TEST_F(Faults, ADeclinedTicketIsNoFailure) {
  options.servers.resize(1);
  server(0).fault = Fault::DeclinesATicket;
  open();
  Client& client = ask();
  run_ms(20);
  EXPECT_TRUE(client.answered());
  EXPECT_EQ(server(0).dialled, 2);
  EXPECT_EQ(statistics(0).connects_failed.value(), 0u);
  EXPECT_EQ(server(0).probes_seen, 0);
}

TEST_F(Faults, ASecondAnswerIsCountedAndIgnored) {
  options.servers.resize(1);
  server(0).fault = Fault::AnswersTwice;
  open();
  run_ms(5);
  for (int i = 0; i < 5; ++i) ask();
  run_ms(20);
  EXPECT_EQ(answered(), 5);
  EXPECT_EQ(statistics(0).unexpected.value(), 5u);
  EXPECT_EQ(server(0).dialled, 1);
}

TEST_F(Faults, AnAnswerWithAnotherQuestionIsCountedAndAskedElsewhere) {
  server(0).fault = Fault::WrongQuestion;
  open();
  run_ms(5);
  Client& client = ask();
  run_ms(15);
  EXPECT_TRUE(client.answered());
  EXPECT_EQ(statistics(0).mismatched.value(), 1u);
  EXPECT_EQ(multiplexer->statistics().asked_again_mismatched.value(), 1u);
}

TEST_F(Faults, ASendQueueThatIsFullIsNoChoice) {
  server(0).queue_max = 1000;
  open();
  run_ms(5);
  for (int i = 0; i < 50; ++i) ask();
  run_ms(20);
  EXPECT_EQ(answered(), 50);
  EXPECT_GT(server(1).queries_seen, 40);
}

}  // namespace
}  // namespace dotring::upstream
