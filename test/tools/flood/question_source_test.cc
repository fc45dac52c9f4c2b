#include "tools/flood/question_source.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/dns/message_view.h"

namespace dotring::flood {
namespace {

QuestionSource source_of(const QuestionSource::Options& options, uint64_t seed = 1) {
  return *QuestionSource::create(options, {seed, 0});
}

std::vector<uint8_t> message_of(const QuestionSource& source, uint64_t name, uint16_t id = 7) {
  std::vector<uint8_t> message(source.message_size());
  source.write(name, id, message.data());
  return message;
}

TEST(QuestionSource, WritesQueriesThatAServerAccepts) {
  QuestionSource::Options options;
  options.type = dns::type::kAaaa;
  options.edns_size = 1400;
  options.dnssec_ok = true;
  const auto message = message_of(source_of(options), 0xbeef, 4711);
  const dns::QueryView view = dns::view_query(message);
  ASSERT_EQ(view.verdict, dns::QueryVerdict::Accept);
  EXPECT_EQ(view.header.id, 4711);
  EXPECT_TRUE(view.header.has(dns::kFlagRd));
  EXPECT_EQ(dns::name_to_text(view.question.name), "0000beef.example.");
  EXPECT_EQ(view.question.type, dns::type::kAaaa);
  ASSERT_TRUE(view.has_opt);
  EXPECT_EQ(view.edns.udp_size, 1400);
  EXPECT_TRUE(view.edns.dnssec_ok);
}

TEST(QuestionSource, WithoutEdnsThereIsNoOpt) {
  const auto message = message_of(source_of({}), 1);
  EXPECT_EQ(message.size(), 34u);
  EXPECT_FALSE(dns::view_query(message).has_opt);
}

TEST(QuestionSource, KnowsItsQuestionAgainAndNoOther) {
  const auto source = source_of({});
  auto message = message_of(source, 5);
  EXPECT_TRUE(source.is_question_of(5, message));
  EXPECT_FALSE(source.is_question_of(6, message));
  const Bytes whole(message);
  EXPECT_FALSE(source.is_question_of(5, whole.first(whole.size() - 1)));
  message[dns::kHeaderSize + 10] = 'E';  // the suffix in another case
  EXPECT_FALSE(source.is_question_of(5, message));
  message = message_of(source, 5);
  message.back() = 3;  // another class
  EXPECT_FALSE(source.is_question_of(5, message));
}

TEST(QuestionSource, RandomNamesStayInTheirRangeAndRepeatWithTheSeed) {
  QuestionSource::Options options;
  options.names = 10;
  options.first_name = 100;
  auto one = source_of(options), same = source_of(options), other = source_of(options, 2);
  std::set<uint64_t> names;
  bool differs = false;
  for (int i = 0; i < 200; ++i) {
    const uint64_t name = one.next();
    EXPECT_EQ(name, same.next());
    differs |= name != other.next();
    names.insert(name);
  }
  EXPECT_TRUE(differs);
  EXPECT_EQ(names.size(), 10u);
  EXPECT_EQ(*names.begin(), 100u);
  EXPECT_EQ(*names.rbegin(), 109u);
}

TEST(QuestionSource, SequentialNamesComeInOrderAndStartAgain) {
  QuestionSource::Options options;
  options.names = 3;
  options.order = QuestionSource::Order::Sequential;
  auto source = source_of(options);
  for (const uint64_t expected : {0u, 1u, 2u, 0u, 1u}) EXPECT_EQ(source.next(), expected);
}

TEST(QuestionSource, WithoutASetOfNamesNoneComesTwice) {
  QuestionSource::Options options;
  options.names = 0;
  options.first_name = 50;
  auto source = source_of(options);
  for (uint64_t expected = 50; expected < 1050; ++expected) EXPECT_EQ(source.next(), expected);
}

TEST(QuestionSource, RefusesASuffixThatIsNoName) {
  QuestionSource::Options options;
  options.suffix = "a..b";
  EXPECT_FALSE(QuestionSource::create(options, {}).has_value());
  options.suffix = std::string(64, 'x');
  EXPECT_FALSE(QuestionSource::create(options, {}).has_value());
}

}  // namespace
}  // namespace dotring::flood
