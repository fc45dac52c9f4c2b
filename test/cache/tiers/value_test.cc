#include "cache/tiers/value.h"

#include "test/cache/answers.h"

namespace dotring::cache::tiers {
namespace {

constexpr uint64_t kWallS = 1'700'000'000;

class ValueTest : public testing::Test {
 protected:
  std::vector<uint8_t> write(const Answer& answer, ValueTimes times, uint8_t bits) {
    std::vector<uint8_t> room(kBodyHeadSize + answer.bytes().size());
    room.resize(write_body(times, bits, answer.bytes(), answer.view(), room));
    return room;
  }
  std::vector<uint8_t> written() { return write(answer_, times_, key_.bits()); }
  ValueFault fault_of(Bytes body, uint64_t wall_s = kWallS) {
    return read_body(body, key_, wall_s).fault;
  }

  const dns::QuestionKey key_ = key_of("www.example.com");
  const ValueTimes times_{kWallS - 10, kWallS + 290, kWallS + 1000};
  Answer answer_ = std::move(Answer("WWW.example.com").a(300).opt());
};

TEST_F(ValueTest, WhatWasWrittenIsRead) {
  const std::vector<uint8_t> body = written();
  const ReadValue value = read_body(body, key_, kWallS);
  ASSERT_EQ(value.fault, ValueFault::None);
  EXPECT_EQ(value.age_s, 10u);
  EXPECT_EQ(value.fresh_s, 300u);
  EXPECT_EQ(value.stored_s, kWallS - 10);
  EXPECT_FALSE(value.view.has_opt);
  EXPECT_EQ(ttls_of(value.message), std::vector<uint32_t>{300});
}

TEST_F(ValueTest, TheExtendedErrorIsReadWithIt) {
  answer_ = std::move(Answer("www.example.com").a(300).extended_error(15));
  const std::vector<uint8_t> body = written();
  const ReadValue value = read_body(body, key_, kWallS);
  ASSERT_EQ(value.fault, ValueFault::None);
  EXPECT_EQ(value.view.edns.extended_error, 15);
  EXPECT_FALSE(value.view.has_opt);
}

TEST_F(ValueTest, PaddingIsAllowedAndNothingElse) {
  std::vector<uint8_t> body = written();
  body.resize(body.size() + 63, 0);
  EXPECT_EQ(fault_of(body), ValueFault::None);
  body.push_back(0);
  EXPECT_EQ(fault_of(body), ValueFault::Malformed);
  body.resize(body.size() - 2);
  body.back() = 1;
  EXPECT_EQ(fault_of(body), ValueFault::Malformed);
}

TEST_F(ValueTest, EveryCutIsMalformed) {
  const std::vector<uint8_t> body = written();
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_EQ(fault_of(Bytes(body).first(size)), ValueFault::Malformed) << size;
  }
}

TEST_F(ValueTest, ClocksMayDifferBySeconds) {
  const std::vector<uint8_t> body = written();
  EXPECT_EQ(read_body(body, key_, kWallS - 15).age_s, 0u);
  EXPECT_EQ(fault_of(body, kWallS - 15), ValueFault::None);
  EXPECT_EQ(fault_of(body, kWallS - 10 - kSkewMaxS), ValueFault::None);
  EXPECT_EQ(fault_of(body, kWallS - 11 - kSkewMaxS), ValueFault::FromTheFuture);
}

TEST_F(ValueTest, AfterItsStaleTimeItIsUseless) {
  const std::vector<uint8_t> body = written();
  EXPECT_EQ(fault_of(body, kWallS + 999), ValueFault::None);
  EXPECT_EQ(fault_of(body, kWallS + 1000), ValueFault::Useless);
}

TEST_F(ValueTest, TimesMustMakeSense) {
  for (const ValueTimes& times :
       {ValueTimes{kWallS, kWallS, kWallS + 9}, ValueTimes{kWallS, kWallS + 5, kWallS + 4},
        ValueTimes{kWallS, kWallS + 5, kWallS + kLifeMaxS + 1}, ValueTimes{0, 0, 0}}) {
    EXPECT_EQ(fault_of(write(answer_, times, key_.bits())), ValueFault::Malformed);
  }
}

TEST_F(ValueTest, AnAnswerToAnotherQuestionIsNotBelieved) {
  const auto other = [&](const Answer& answer) { return write(answer, times_, key_.bits()); };
  EXPECT_EQ(fault_of(other(Answer("www.example.org").a(300))), ValueFault::WrongQuestion);
  EXPECT_EQ(fault_of(other(Answer("www.example.com", dns::type::kAaaa).a(300))),
            ValueFault::WrongQuestion);
  EXPECT_EQ(fault_of(write(answer_, times_, key_.bits() ^ dns::QuestionKey::kDo)),
            ValueFault::WrongQuestion);
}

TEST_F(ValueTest, OnlyTheStoredFormOfUsableAnswersIsBelieved) {
  const size_t message = kBodyHeadSize;
  std::vector<uint8_t> truncated = written();
  truncated[message + 2] |= 2;  // TC
  EXPECT_EQ(fault_of(truncated), ValueFault::BadAnswer);
  std::vector<uint8_t> query = written();
  query[message + 2] &= 0x7f;
  EXPECT_EQ(fault_of(query), ValueFault::BadAnswer);
  const Answer failure("www.example.com", dns::type::kA, 0x8182);
  EXPECT_EQ(fault_of(write(failure, times_, key_.bits())), ValueFault::BadAnswer);
}

TEST_F(ValueTest, AnUpperCaseQuestionIsNotTheStoredForm) {
  std::vector<uint8_t> body = written();
  body[kBodyHeadSize + dns::kHeaderSize + 1] = 'W';
  EXPECT_EQ(fault_of(body), ValueFault::WrongQuestion);
}

}  // namespace
}  // namespace dotring::cache::tiers
