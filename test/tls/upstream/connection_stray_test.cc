// What a server may send that is no answer: skipped and counted, until it is too much.

#include "test/tls/upstream/connection_fixture.h"

namespace dotring::upstream {
namespace {

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

}  // namespace
}  // namespace dotring::upstream
