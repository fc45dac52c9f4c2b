// Answers that speak of the server, not of the name.

#include <gtest/gtest.h>

#include "test/tls/upstream/multiplexer_bench.h"

namespace dotring::upstream {
namespace {

using query::ForwardResult;

class Refusal : public MultiplexerBench {};

TEST_F(Refusal, AFastServfailDoesNotWin) {
  server(0).fields.rcode = dns::rcode::kServFail;
  server(1).latency_ms = 80;
  open();
  run_ms(5);
  Client& client = ask();
  run_ms(100);
  ASSERT_TRUE(client.answered());
  EXPECT_EQ(client.rcode, dns::rcode::kNoError);
  EXPECT_EQ(multiplexer->statistics().asked_again_refused.value(), 1u);
  EXPECT_EQ(statistics(0).refusals.value(), 1u);
}

TEST_F(Refusal, TheFirstIsTheAnswerWhenNobodyHasABetter) {
  server(0).fields.rcode = dns::rcode::kServFail;
  server(1).fields.rcode = dns::rcode::kRefused;
  open();
  run_ms(5);
  Client& client = ask();
  run_ms(20);
  ASSERT_TRUE(client.answered());
  EXPECT_EQ(client.rcode, dns::rcode::kServFail);
}

TEST_F(Refusal, OnlyOneOtherServerIsAsked) {
  options.servers.resize(4);
  for (size_t i = 0; i < 4; ++i) server(i).fields.rcode = dns::rcode::kServFail;
  open();
  run_ms(5);
  ask();
  run_ms(40);
  EXPECT_TRUE(all_done());
  EXPECT_EQ(server(0).queries_seen + server(1).queries_seen, 2);
  EXPECT_EQ(server(2).queries_seen + server(3).queries_seen, 0);
}

TEST_F(Refusal, IsTheAnswerAtOnceWhenThereIsNoOtherServer) {
  options.servers.resize(1);
  server(0).fields.rcode = dns::rcode::kServFail;
  open();
  run_ms(5);
  Client& client = ask();
  run_ms(6);
  ASSERT_TRUE(client.answered());
  EXPECT_EQ(client.rcode, dns::rcode::kServFail);
  EXPECT_EQ(server(0).queries_seen, 1);
}

TEST_F(Refusal, IsTheAnswerAtOnceWhenTheOthersFail) {
  server(0).fields.rcode = dns::rcode::kServFail;
  server(1).fault = Fault::Refuses;
  open();
  run_ms(500);
  Client& client = ask();
  run_ms(6);
  EXPECT_TRUE(client.answered());
}

TEST_F(Refusal, IsTheAnswerWhenTheSecondServerIsSilent) {
  server(0).fields.rcode = dns::rcode::kServFail;
  server(1).fault = Fault::Silent;
  open();
  run_ms(5);
  Client& client = ask();
  run_until([&] { return client.done; });
  ASSERT_TRUE(client.answered());
  EXPECT_EQ(client.rcode, dns::rcode::kServFail);
  EXPECT_LE(client.took_ms(), 1100u) << "patience, not the deadline";
}

TEST_F(Refusal, IsTheAnswerWhenTheSecondServersStreamIsLost) {
  server(0).fields.rcode = dns::rcode::kServFail;
  server(1).latency_ms = 500;
  open();
  run_ms(5);
  Client& client = ask();
  run_ms(50);
  server(1).reset_all();
  run_ms(2);
  ASSERT_TRUE(client.answered());
  EXPECT_EQ(client.rcode, dns::rcode::kServFail);
}

TEST_F(Refusal, NxdomainIsAnAnswer) {
  server(0).fields.rcode = dns::rcode::kNxDomain;
  open();
  run_ms(5);
  Client& client = ask();
  run_ms(6);
  EXPECT_TRUE(client.answered());
  EXPECT_EQ(server(1).queries_seen, 0);
}

TEST_F(Refusal, FailedValidationAndPolicyAreFinal) {
  open();
  run_ms(5);
  for (const uint16_t code : {uint16_t{6}, uint16_t{12}, dns::extended_error::kBlocked,
                              dns::extended_error::kProhibited}) {
    server(0).fields = {.rcode = dns::rcode::kServFail, .extended_error = code};
    Client& client = ask();
    run_ms(6);
    EXPECT_TRUE(client.answered());
  }
  EXPECT_EQ(server(1).queries_seen, 0);
  server(0).fields.extended_error = dns::extended_error::kNoReachableAuthority;
  ask();
  run_ms(12);
  EXPECT_EQ(server(1).queries_seen, 1);
}

TEST_F(Refusal, WithoutAQuestionIsNeverHandedOut) {
  server(0).fields = {.rcode = dns::rcode::kFormErr, .without_question = true};
  open();
  run_ms(5);
  Client& client = ask();
  run_ms(20);
  ASSERT_TRUE(client.answered());
  EXPECT_EQ(client.rcode, dns::rcode::kNoError);
  server(1).fields = server(0).fields;
  Client& second = ask();
  run_ms(20);
  EXPECT_EQ(second.result, ForwardResult::NetworkFailed);
}

}  // namespace
}  // namespace dotring::upstream
