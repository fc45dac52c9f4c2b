#include "tools/flood/exchange.h"

#include <gtest/gtest.h>

namespace dotring::flood {
namespace {

class ExchangeTest : public testing::Test {
 protected:
  std::vector<uint8_t> ask(uint64_t due_ns, uint64_t now_ns) {
    std::vector<uint8_t> message(exchange_.message_size());
    exchange_.begin(due_ns, now_ns, message.data());
    return message;
  }
  static std::vector<uint8_t> answer_to(std::vector<uint8_t> message, uint16_t rcode = 0) {
    store_be16(message.data() + 2, static_cast<uint16_t>(dns::kFlagQr | rcode));
    store_be16(message.data() + 6, 1);
    return message;
  }

  QuestionSource source_ = *QuestionSource::create({}, {});
  Tally tally_;
  Exchange exchange_{source_, tally_, 4, false};
};

TEST_F(ExchangeTest, CountsLatencyFromDueAndFromSent) {
  const auto query = ask(1000, 1030);
  EXPECT_TRUE(exchange_.take_answer(answer_to(query), 1040));
  EXPECT_EQ(tally_.answered, 1u);
  EXPECT_EQ(tally_.rcodes[0], 1u);
  EXPECT_EQ(tally_.latency_from_due_ns.sum(), 40u);
  EXPECT_EQ(tally_.latency_from_sent_ns.sum(), 10u);
  EXPECT_EQ(tally_.lateness_ns.sum(), 30u);
  EXPECT_EQ(exchange_.waiting(), 0u);
}

TEST_F(ExchangeTest, AnswersInAnyOrder) {
  const auto first = ask(0, 0), second = ask(0, 0), third = ask(0, 0);
  EXPECT_TRUE(exchange_.take_answer(answer_to(third), 1));
  EXPECT_TRUE(exchange_.take_answer(answer_to(first), 1));
  EXPECT_TRUE(exchange_.take_answer(answer_to(second), 1));
  EXPECT_EQ(tally_.answered, 3u);
}

TEST_F(ExchangeTest, HasRoomForItsShareOnly) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(exchange_.has_room());
    ask(0, 0);
  }
  EXPECT_FALSE(exchange_.has_room());
}

TEST_F(ExchangeTest, TheSameAnswerTwiceIsUnexpected) {
  const auto query = ask(0, 0);
  EXPECT_TRUE(exchange_.take_answer(answer_to(query), 1));
  EXPECT_FALSE(exchange_.take_answer(answer_to(query), 2));
  EXPECT_EQ(tally_.answered, 1u);
  EXPECT_EQ(tally_.unexpected, 1u);
}

TEST_F(ExchangeTest, AnAnswerAfterItsTimeoutIsNotTheNextQuestions) {
  const auto late = ask(0, 0);
  EXPECT_EQ(exchange_.give_up(1), 1u);
  const auto query = ask(5, 5);
  EXPECT_FALSE(exchange_.take_answer(answer_to(late), 6));
  EXPECT_TRUE(exchange_.take_answer(answer_to(query), 6));
  EXPECT_EQ(tally_.lost, 1u);
  EXPECT_EQ(tally_.unexpected, 1u);
}

TEST_F(ExchangeTest, GivesUpOnlyWhatIsOldEnough) {
  ask(0, 10);
  ask(0, 20);
  EXPECT_EQ(exchange_.give_up(20), 1u);
  EXPECT_EQ(exchange_.waiting(), 1u);
}

TEST_F(ExchangeTest, AnotherQuestionAQueryAndAStubAreNoAnswers) {
  const auto query = ask(0, 0);
  auto other = answer_to(query);
  other[dns::kHeaderSize + 1] ^= 1;
  EXPECT_FALSE(exchange_.take_answer(other, 1));
  EXPECT_FALSE(exchange_.take_answer(query, 1));
  EXPECT_EQ(tally_.mismatched, 2u);
  EXPECT_FALSE(exchange_.take_answer(Bytes(query).first(11), 1));
  EXPECT_EQ(tally_.unexpected, 1u);
  EXPECT_EQ(exchange_.waiting(), 1u);
}

TEST_F(ExchangeTest, AnEchoIsAnAnswerWhereThatWasAskedFor) {
  Exchange echo(source_, tally_, 1, true);
  std::vector<uint8_t> message(echo.message_size());
  echo.begin(0, 0, message.data());
  EXPECT_TRUE(echo.take_answer(message, 1));
}

TEST_F(ExchangeTest, RcodesAndEmptyAnswersAreCounted) {
  EXPECT_TRUE(exchange_.take_answer(answer_to(ask(0, 0), dns::rcode::kServFail), 1));
  auto empty = answer_to(ask(0, 0));
  store_be16(empty.data() + 6, 0);
  EXPECT_TRUE(exchange_.take_answer(empty, 1));
  EXPECT_EQ(tally_.rcodes[dns::rcode::kServFail], 1u);
  EXPECT_EQ(tally_.empty, 1u);
}

}  // namespace
}  // namespace dotring::flood
