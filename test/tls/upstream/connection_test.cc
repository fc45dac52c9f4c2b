// How a connection opens, writes queries, matches their answers, and ends.

#include "test/tls/upstream/connection_fixture.h"

namespace dotring::upstream {
namespace {

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

TEST_F(ConnectionTest, CountsTheTurnsInWhichItWrites) {
  peer().open();
  for (int i = 0; i < 5; ++i) ask("a.example.");
  time.advance_ms(1);
  for (int i = 0; i < 3; ++i) ask("a.example.");
  EXPECT_EQ(statistics.queries.value(), 8u);
  EXPECT_EQ(statistics.writes.value(), 2u);
  connection.end(EndCause::Local, "test");
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
  EXPECT_TRUE(connection.can_ask(1000)) << "until half of the margin";
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
