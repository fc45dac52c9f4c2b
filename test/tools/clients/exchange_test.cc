#include "tools/clients/exchange.h"

#include <gtest/gtest.h>

#include "engine/dns/name.h"

namespace dotring::clients {
namespace {

using Message = std::vector<uint8_t>;

Message query_for(std::string_view name) {
  Message message(dns::kHeaderSize);
  store_be16(message.data() + 4, 1);
  const auto wire = *dns::name_from_text(name);
  message.insert(message.end(), wire.wire().begin(), wire.wire().end());
  message.insert(message.end(), {0, 1, 0, 1});
  return message;
}

Message answer_to(Message message, uint16_t rcode = 0) {
  store_be16(message.data() + 2, static_cast<uint16_t>(dns::kFlagQr | rcode));
  return message;
}

class ExchangeTest : public testing::Test {
 protected:
  Message ask(uint64_t sent_ns, std::string_view name = "a.example") {
    Message message = query_for(name);
    EXPECT_TRUE(exchange_.has_room());
    store_be16(message.data(), exchange_.begin(message, {tag_++, sent_ns, sent_ns}));
    return message;
  }
  Verdict take(const Message& message) { return exchange_.take(message, query_); }

  Exchange exchange_{{.outstanding_max = 4, .id_salt = 0x5a5a}};
  uint64_t tag_ = 0;
  Query query_;
};

TEST_F(ExchangeTest, GivesBackTheQueryThatIsAnswered) {
  const Message first = ask(10), second = ask(20), third = ask(30);
  EXPECT_EQ(take(answer_to(third)), Verdict::Answer);
  EXPECT_EQ(query_.tag, 2u);
  EXPECT_EQ(query_.sent_ns, 30u);
  EXPECT_EQ(take(answer_to(first)), Verdict::Answer);
  EXPECT_EQ(query_.tag, 0u);
  EXPECT_EQ(exchange_.waiting(), 1u);
}

TEST_F(ExchangeTest, HasRoomForItsShareOnly) {
  for (int i = 0; i < 4; ++i) ask(0);
  EXPECT_FALSE(exchange_.has_room());
}

TEST_F(ExchangeTest, TheSameAnswerTwiceIsADuplicate) {
  const Message query = ask(0);
  EXPECT_EQ(take(answer_to(query)), Verdict::Answer);
  ask(0);
  EXPECT_EQ(take(answer_to(query)), Verdict::Duplicate);
}

TEST_F(ExchangeTest, AnAnswerAfterItsTimeoutIsLateAndNotTheNextQuestions) {
  const Message late = ask(1);
  EXPECT_TRUE(exchange_.give_up(2, query_));
  const Message next = ask(5);
  EXPECT_EQ(take(answer_to(late)), Verdict::Late);
  EXPECT_EQ(take(answer_to(next)), Verdict::Answer);
}

TEST_F(ExchangeTest, GivesUpTheOldestAndOnlyWhatIsOldEnough) {
  ask(10);
  ask(20);
  EXPECT_TRUE(exchange_.give_up(20, query_));
  EXPECT_EQ(query_.sent_ns, 10u);
  EXPECT_FALSE(exchange_.give_up(20, query_));
  EXPECT_EQ(exchange_.waiting(), 1u);
}

TEST_F(ExchangeTest, AnotherQuestionAndAQueryAreMismatched) {
  const Message query = ask(0);
  Message other = answer_to(query);
  other[dns::kHeaderSize + 1] ^= 1;
  EXPECT_EQ(take(other), Verdict::Mismatched);
  EXPECT_EQ(take(query), Verdict::Mismatched);
  EXPECT_EQ(exchange_.waiting(), 1u);
}

TEST_F(ExchangeTest, StubsAndIdsThatNobodyUsedAreUnexpected) {
  const Message query = ask(0);
  EXPECT_EQ(exchange_.take(Bytes(query).first(11), query_), Verdict::Unexpected);
  Message other = answer_to(query);
  other[1] ^= 1;
  EXPECT_EQ(take(other), Verdict::Unexpected);
  other[0] ^= 0x80;
  EXPECT_EQ(take(other), Verdict::Unexpected);
}

TEST_F(ExchangeTest, OnlyAFailureMayComeWithoutAQuestion) {
  Message answer = answer_to(ask(0));
  answer.resize(dns::kHeaderSize);
  store_be16(answer.data() + 4, 0);
  EXPECT_EQ(take(answer), Verdict::Mismatched);
  store_be16(answer.data() + 2, dns::kFlagQr | dns::rcode::kFormErr);
  EXPECT_EQ(take(answer), Verdict::Answer);
}

TEST_F(ExchangeTest, AnAnswerCutInItsQuestionIsMismatched) {
  const Message answer = answer_to(ask(0));
  EXPECT_EQ(exchange_.take(Bytes(answer).first(answer.size() - 1), query_), Verdict::Mismatched);
}

TEST(Exchange, AnEchoIsAnAnswerWhereThatWasAskedFor) {
  Exchange exchange({.outstanding_max = 1, .accept_queries = true});
  Message message = query_for("a.");
  store_be16(message.data(), exchange.begin(message, {}));
  Query query;
  EXPECT_EQ(exchange.take(message, query), Verdict::Answer);
}

TEST(Exchange, IdsOfAllThatWaitDifferAtTheLargestSize) {
  constexpr uint32_t kMost = 32768;
  Exchange exchange({.outstanding_max = kMost});
  const Message message = query_for("a.");
  std::vector<bool> used(65536);
  for (uint32_t i = 0; i < 3 * kMost; ++i) {
    Query query;
    if (!exchange.has_room()) {
      ASSERT_TRUE(exchange.give_up(UINT64_MAX, query));
      used[query.tag] = false;
    }
    ASSERT_TRUE(exchange.has_room());
    // The tag is the id, once it is known.
    const uint16_t expected = static_cast<uint16_t>(i);
    const uint16_t id = exchange.begin(message, {expected, 1, 1});
    ASSERT_EQ(id, expected);
    ASSERT_FALSE(used[id]);
    used[id] = true;
  }
}

}  // namespace
}  // namespace dotring::clients
