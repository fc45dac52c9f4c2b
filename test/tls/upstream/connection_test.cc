#include "tls/upstream/connection.h"

#include <gtest/gtest.h>

#include <deque>

#include "test/tls/upstream/fake_stream.h"
#include "test/tls/upstream/fake_time.h"

namespace dotring::upstream {
namespace {

// Writes down what a connection tells.
struct Recorder final : ConnectionHandler {
  int opened = 0;
  int rooms = 0;
  int idles = 0;
  int freed = 0;
  std::vector<Attempt*> answered;
  std::vector<Attempt*> mismatched;
  std::vector<Attempt*> lost;
  std::vector<EndCause> ended;
  uint64_t idle_us = 0;

  void on_connection_open(Connection&) override { ++opened; }
  void on_answer(Connection&, Attempt& attempt, Bytes, const dns::AnswerView&) override {
    answered.push_back(&attempt);
  }
  void on_mismatch(Connection&, Attempt& attempt) override { mismatched.push_back(&attempt); }
  void on_room(Connection&) override { ++rooms; }
  void on_idle(Connection&) override { ++idles; }
  void on_ended(Connection&, const Ending& ending) override {
    ended.push_back(ending.cause);
    idle_us = ending.idle_us;
    while (Attempt* attempt = ending.lost.pop_front()) lost.push_back(attempt);
  }
  void on_free(Connection&) override { ++freed; }
};

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override { connection.connect(); }

  FakePeer& peer() { return *dialer.peers.back(); }
  Attempt& attempt_for(const char* name) {
    keys.push_back(key_of(name));
    Attempt& attempt = attempts.emplace_back();
    attempt.key = &keys.back();
    return attempt;
  }
  Attempt& ask(const char* name) {
    Attempt& attempt = attempt_for(name);
    EXPECT_TRUE(connection.can_ask(1000) && connection.ask(attempt));
    return attempt;
  }
  SeenQuery only_query() {
    auto queries = peer().take_queries();
    EXPECT_EQ(queries.size(), 1u);
    return queries.at(0);
  }
  void answer_all(const AnswerFields& fields = {}) {
    for (const SeenQuery& query : peer().take_queries()) {
      peer().send_message(answer_to(query, fields));
    }
  }

  FakeTime time;
  Random random{{1, 2}};
  FakeDialer dialer;
  IdleLimit idle_limit{{}};
  ServerStatistics statistics;
  Recorder recorder;
  std::deque<dns::QuestionKey> keys;
  std::deque<Attempt> attempts;
  Connection connection{{}, time.time, random, dialer, idle_limit, statistics, recorder};
};

TEST_F(ConnectionTest, TakesNoQueryBeforeItIsOpen) {
  EXPECT_FALSE(connection.can_ask(1000));
  peer().open();
  EXPECT_EQ(recorder.opened, 1);
  EXPECT_TRUE(connection.can_ask(1000));
}

TEST_F(ConnectionTest, GivesUpAfterTheConnectTimeout) {
  time.advance_ms(2999);
  EXPECT_TRUE(recorder.ended.empty());
  time.advance_ms(1);
  EXPECT_EQ(recorder.ended, std::vector{EndCause::ConnectFailed});
  EXPECT_EQ(connection.state(), Connection::State::Closing);
  peer().finish(io::CloseReason::Local);
  EXPECT_EQ(recorder.freed, 1);
  EXPECT_EQ(connection.state(), Connection::State::Closed);
}

TEST_F(ConnectionTest, TellsApartWhyItDidNotOpen) {
  dialer.dial_failure = DialFailure::CertificateRefused;
  peer().finish(io::CloseReason::SecurityFailed);
  dialer.dial_failure = DialFailure::Other;
  for (const auto reason : {io::CloseReason::SecurityFailed, io::CloseReason::ProtocolFailed,
                            io::CloseReason::ConnectFailed}) {
    connection.connect();
    peer().finish(reason);
  }
  EXPECT_EQ(recorder.ended, (std::vector{EndCause::CertificateRefused, EndCause::HandshakeFailed,
                                         EndCause::HandshakeFailed, EndCause::ConnectFailed}));
}

TEST_F(ConnectionTest, WritesAPaddedQueryWithKeepalive) {
  peer().open();
  Attempt& attempt = ask("www.example.");
  const SeenQuery query = only_query();
  EXPECT_EQ(query.message.size() % 128, 0u);
  EXPECT_EQ(query.id(), attempt.id);
  const dns::QueryView view = query.view();
  EXPECT_EQ(view.verdict, dns::QueryVerdict::Accept);
  EXPECT_TRUE(equal(view.question.name, keys.back().name()));
  EXPECT_TRUE(view.header.has(dns::kFlagRd));
  EXPECT_TRUE(view.header.has(dns::kFlagAd));
  EXPECT_FALSE(view.header.has(dns::kFlagCd));
  EXPECT_TRUE(view.edns.keepalive_empty);
  EXPECT_TRUE(view.edns.padding);
  EXPECT_FALSE(view.edns.dnssec_ok);
}

TEST_F(ConnectionTest, TakesDoAndCdFromTheKey) {
  peer().open();
  const auto key = key_of("example.", dns::type::kA, dns::QuestionKey::kDo | dns::QuestionKey::kCd);
  Attempt attempt;
  attempt.key = &key;
  ASSERT_TRUE(connection.ask(attempt));
  const SeenQuery query = only_query();
  const dns::QueryView view = query.view();
  EXPECT_TRUE(view.edns.dnssec_ok);
  EXPECT_TRUE(view.header.has(dns::kFlagCd));
  EXPECT_FALSE(view.header.has(dns::kFlagRd));
  connection.abandon(attempt);
}

TEST_F(ConnectionTest, MatchesAnswersInAnyOrder) {
  peer().open();
  Attempt& first = ask("a.example.");
  Attempt& second = ask("b.example.");
  const auto queries = peer().take_queries();
  peer().send_message(answer_to(queries.at(1)));
  peer().send_message(answer_to(queries.at(0)));
  EXPECT_EQ(recorder.answered, (std::vector{&second, &first}));
  EXPECT_EQ(connection.in_flight(), 0u);
  EXPECT_EQ(statistics.answers.value(), 2u);
  EXPECT_EQ(statistics.in_flight.value(), 0u);
}

TEST_F(ConnectionTest, TakesAnAnswerThatComesByteByByte) {
  peer().open();
  ask("a.example.");
  const auto frame = FakePeer::framed(answer_to(only_query()));
  for (const uint8_t& octet : frame) peer().send({&octet, 1});
  EXPECT_EQ(recorder.answered.size(), 1u);
}

TEST_F(ConnectionTest, HalfAMessageEndsItAfterAWhile) {
  peer().open();
  const std::vector<uint8_t> half = {0, 40, 1};
  peer().send(half);
  time.advance_ms(1900);
  peer().send(half);
  time.advance_ms(1999);
  EXPECT_TRUE(connection.open());
  time.advance_ms(1);
  EXPECT_EQ(recorder.ended, std::vector{EndCause::Garbage});
}

TEST_F(ConnectionTest, AMessageThatBecomesWholeInTimeIsNoHarm) {
  peer().open();
  ask("a.example.");
  const auto frame = FakePeer::framed(answer_to(only_query()));
  peer().send(Bytes(frame).first(20));
  time.advance_ms(1000);
  peer().send(Bytes(frame).subspan(20));
  time.advance_ms(5000);
  EXPECT_EQ(recorder.answered.size(), 1u);
  EXPECT_TRUE(connection.open());
}

TEST_F(ConnectionTest, CountsTheTurnsInWhichItWrites) {
  peer().open();
  for (int i = 0; i < 5; ++i) ask("a.example.");
  time.advance_ms(1);
  for (int i = 0; i < 3; ++i) ask("a.example.");
  EXPECT_EQ(statistics.queries.value(), 8u);
  EXPECT_EQ(statistics.writes.value(), 2u);
  connection.end(EndCause::Local, "test");
}

TEST_F(ConnectionTest, AnUnexpectedAnswerIsIgnoredAndCounted) {
  peer().open();
  Attempt& attempt = ask("a.example.");
  SeenQuery query = only_query();
  SeenQuery wrong = query;
  wrong.message[1] ^= 1;
  peer().send_message(answer_to(wrong));
  peer().send_message(answer_to(query));
  peer().send_message(answer_to(query));
  EXPECT_EQ(recorder.answered, std::vector{&attempt});
  EXPECT_EQ(statistics.unexpected.value(), 2u);
  EXPECT_TRUE(connection.open());
}

TEST_F(ConnectionTest, ManyUnexpectedAnswersInARowEndIt) {
  peer().open();
  Attempt& attempt = ask("a.example.");
  SeenQuery wrong = only_query();
  wrong.message[1] ^= 1;
  for (int i = 0; i < 16; ++i) peer().send_message(answer_to(wrong));
  EXPECT_EQ(recorder.ended, std::vector{EndCause::Garbage});
  EXPECT_EQ(recorder.lost, std::vector{&attempt});
}

TEST_F(ConnectionTest, AnotherQuestionIsNoAnswer) {
  peer().open();
  Attempt& attempt = ask("a.example.");
  const SeenQuery query = only_query();
  peer().send_message(answer_to(query, {.other_name = "b.example."}));
  EXPECT_EQ(recorder.mismatched, std::vector{&attempt});
  EXPECT_FALSE(attempt.under_way());
  EXPECT_TRUE(recorder.answered.empty());
  // Its id stays reserved: the true answer comes late and meets nobody.
  peer().send_message(answer_to(query));
  EXPECT_TRUE(recorder.answered.empty());
  EXPECT_EQ(statistics.late.value(), 1u);
}

TEST_F(ConnectionTest, AnswersToOtherQuestionsInARowEndIt) {
  peer().open();
  for (int i = 0; i < 4; ++i) ask("a.example.");
  answer_all({.other_name = "b.example."});
  EXPECT_EQ(recorder.mismatched.size(), 3u);
  EXPECT_EQ(recorder.lost.size(), 1u);
  EXPECT_EQ(recorder.ended, std::vector{EndCause::Garbage});
}

TEST_F(ConnectionTest, TheLateAnswerOfAnAbandonedQueryIsCountedAndFreesItsId) {
  peer().open();
  Attempt& attempt = ask("a.example.");
  connection.abandon(attempt);
  EXPECT_FALSE(attempt.under_way());
  answer_all();
  EXPECT_TRUE(recorder.answered.empty());
  EXPECT_EQ(statistics.late.value(), 1u);
  EXPECT_EQ(recorder.rooms, 1);
}

TEST_F(ConnectionTest, AMessageThatIsNoResponseIsSkipped) {
  peer().open();
  Attempt& attempt = ask("a.example.");
  const std::vector<std::vector<uint8_t>> garbage = {
      {0, 0},                                          // an empty message
      {0, 3, 1, 2, 3},                                 // shorter than a header
      {0, 12, 0, 1, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0},  // a query
  };
  for (const auto& bytes : garbage) peer().send(bytes);
  EXPECT_EQ(statistics.malformed.value(), 3u);
  answer_all();
  EXPECT_EQ(recorder.answered, std::vector{&attempt});
}

TEST_F(ConnectionTest, AMalformedAnswerIsNoneAndWhatFollowsIsRead) {
  peer().open();
  Attempt& first = ask("a.example.");
  Attempt& second = ask("b.example.");
  const auto queries = peer().take_queries();
  std::vector<uint8_t> broken = answer_to(queries.at(0));
  broken[7] = 9;  // nine answers, none there
  std::vector<uint8_t> bytes = FakePeer::framed(broken);
  const auto good = FakePeer::framed(answer_to(queries.at(1)));
  bytes.insert(bytes.end(), good.begin(), good.end());
  peer().send(bytes);
  EXPECT_TRUE(connection.open());
  EXPECT_EQ(recorder.mismatched, std::vector{&first});
  EXPECT_EQ(recorder.answered, std::vector{&second});
}

TEST_F(ConnectionTest, HalfAMessageAndTheEndIsGarbage) {
  peer().open();
  Attempt& attempt = ask("a.example.");
  peer().send(Bytes(FakePeer::framed(answer_to(only_query()))).first(20));
  peer().finish(io::CloseReason::Peer);
  EXPECT_EQ(recorder.ended, std::vector{EndCause::Garbage});
  EXPECT_EQ(recorder.lost, std::vector{&attempt});
}

TEST_F(ConnectionTest, TheAttemptsOfALostStreamAreGivenBack) {
  peer().open();
  Attempt& attempt = ask("a.example.");
  peer().finish(io::CloseReason::Reset);
  EXPECT_EQ(recorder.ended, std::vector{EndCause::Lost});
  EXPECT_EQ(recorder.lost, std::vector{&attempt});
  EXPECT_EQ(recorder.freed, 0);
  EXPECT_EQ(connection.state(), Connection::State::Closed);
  EXPECT_EQ(statistics.in_flight.value(), 0u);
  EXPECT_EQ(statistics.streams_open.value(), 0u);
}

TEST_F(ConnectionTest, AStreamThatThePeerFinishedIsOfNoUseAtOnce) {
  peer().open();
  ask("a.example.");
  peer().finish(io::CloseReason::Peer);
  EXPECT_EQ(recorder.ended, std::vector{EndCause::PeerClosed});
  EXPECT_EQ(recorder.lost.size(), 1u);
  EXPECT_EQ(recorder.freed, 1);
}

TEST_F(ConnectionTest, DrainsWhatIsInFlightThenCloses) {
  peer().open();
  ask("a.example.");
  Attempt& given_up = ask("b.example.");
  connection.drain();
  EXPECT_FALSE(connection.can_ask(1000));
  EXPECT_FALSE(peer().closing());
  peer().send_message(answer_to(peer().take_queries().at(0)));
  EXPECT_EQ(recorder.answered.size(), 1u);
  EXPECT_FALSE(peer().closing());
  connection.abandon(given_up);
  EXPECT_TRUE(peer().closing());
  EXPECT_EQ(recorder.ended, std::vector{EndCause::Local});
}

TEST_F(ConnectionTest, KeepaliveOfZeroDrainsIt) {
  peer().open();
  ask("a.example.");
  ask("b.example.");
  const auto queries = peer().take_queries();
  peer().send_message(answer_to(queries.at(0), {.keepalive_100ms = uint16_t{0}}));
  EXPECT_EQ(connection.state(), Connection::State::Draining);
  peer().send_message(answer_to(queries.at(1)));
  EXPECT_EQ(recorder.answered.size(), 2u);
  EXPECT_TRUE(peer().closing());
}

TEST_F(ConnectionTest, KeepaliveIsTheIdleLimit) {
  peer().open();
  ask("a.example.");
  answer_all({.keepalive_100ms = uint16_t{100}});
  EXPECT_EQ(idle_limit.limit_ms(), 10'000u);
  time.advance_ms(8'499);
  EXPECT_EQ(recorder.idles, 0);
  EXPECT_TRUE(connection.can_ask(1000));
  time.advance_ms(1);
  EXPECT_EQ(recorder.idles, 1);
  EXPECT_TRUE(connection.can_ask(1000)) << "until its replacement is there";
  time.advance_ms(750);
  EXPECT_FALSE(connection.can_ask(1000)) << "the server may be closing it";
}

TEST_F(ConnectionTest, TrafficPutsOffTheIdleLimit) {
  idle_limit.told(10'000);
  peer().open();
  time.advance_ms(5'000);
  ask("a.example.");
  time.advance_ms(60'000);
  EXPECT_EQ(recorder.idles, 0) << "a query is in flight";
  answer_all();
  time.advance_ms(8'499);
  EXPECT_EQ(recorder.idles, 0);
  time.advance_ms(1);
  EXPECT_EQ(recorder.idles, 1);
}

TEST_F(ConnectionTest, TellsHowLongItWasIdleWhenThePeerCloses) {
  peer().open();
  time.advance_ms(100);
  ask("a.example.");
  answer_all();
  time.advance_ms(7'000);
  peer().finish(io::CloseReason::Peer);
  EXPECT_EQ(recorder.idle_us, 7'000'000u);
}

TEST_F(ConnectionTest, AFullSendQueueIsNoRoomUntilItIsWritable) {
  connection.end(EndCause::Local, "test");
  peer().finish(io::CloseReason::Local);
  dialer.queue_max = 600;
  connection.connect();
  peer().open();
  ask("a.example.");
  Attempt& attempt = attempt_for("b.example.");
  ASSERT_TRUE(connection.ask(attempt));
  Attempt& more = attempt_for("c.example.");
  EXPECT_FALSE(connection.ask(more));
  EXPECT_FALSE(more.under_way());
  EXPECT_FALSE(connection.can_ask(1000));
  answer_all();
  peer().writable();
  EXPECT_TRUE(connection.can_ask(1000));
}

TEST_F(ConnectionTest, TheWindowLimitsWhatIsInFlight) {
  peer().open();
  ask("a.example.");
  EXPECT_FALSE(connection.can_ask(1));
  EXPECT_TRUE(connection.can_ask(2));
  connection.end(EndCause::Local, "test");
}

}  // namespace
}  // namespace dotring::upstream
