#include "tools/flood/questions/questions.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "engine/dns/query_view.h"

namespace dotring::flood {
namespace {

std::string name_of(Bytes message) {
  const dns::QueryView view = dns::view_query(message);
  EXPECT_EQ(view.verdict, dns::QueryVerdict::Accept);
  return dns::name_to_text(view.question.name);
}

std::unique_ptr<QuestionSource> numbered(const NumberedNames::Options& options, uint64_t seed = 1,
                                         Share share = {}) {
  QuestionOptions questions;
  questions.numbered = options;
  std::string failure;
  auto loaded = Questions::load(questions, failure);
  EXPECT_EQ(failure, "");
  return loaded->make({seed, 0}, share);
}

std::vector<std::string> names(QuestionSource& source, int count) {
  std::vector<std::string> result;
  for (int i = 0; i < count; ++i) result.push_back(name_of(source.next()));
  return result;
}

TEST(NumberedNames, TheSameSeedAsksTheSame) {
  const auto first = names(*numbered({}), 100);
  EXPECT_EQ(first, names(*numbered({}), 100));
  EXPECT_NE(first, names(*numbered({}, 2), 100));
}

TEST(NumberedNames, NoNameTwiceOverAllThreads) {
  std::set<std::string> all;
  for (uint32_t i = 0; i < 3; ++i) {
    const auto part = names(*numbered({.names = 0, .first_name = 0xff}, 1, {i, 3}), 100);
    all.insert(part.begin(), part.end());
  }
  EXPECT_EQ(all.size(), 300u);
  EXPECT_EQ(*all.begin(), "000000ff.example.");
  EXPECT_EQ(*all.rbegin(), "0000022a.example.");
}

TEST(NumberedNames, InOrderAndAround) {
  const auto asked = names(*numbered({.names = 2, .order = Order::Sequential, .suffix = "a.b"}), 3);
  EXPECT_EQ(asked, (std::vector<std::string>{"00000000.a.b.", "00000001.a.b.", "00000000.a.b."}));
}

TEST(NumberedNames, PopularNamesAreAskedMoreOften) {
  std::map<std::string, int> counts;
  for (const auto& name : names(*numbered({.names = 1000, .zipf = 1}), 20'000)) ++counts[name];
  // The sum of 1/k to 1000 is 7.485.
  EXPECT_NEAR(counts["00000000.example."], 20'000 / 7.485, 250);
  EXPECT_NEAR(counts["00000001.example."], 20'000 / 7.485 / 2, 200);
  EXPECT_NEAR(counts["00000009.example."], 20'000 / 7.485 / 10, 80);
}

TEST(NumberedNames, AShareIsNeverAskedTwice) {
  std::map<std::string, int> counts;
  for (const auto& name : names(*numbered({.names = 10, .unseen = 0.25}), 4000)) ++counts[name];
  const int unseen = static_cast<int>(counts.size()) - 10;
  EXPECT_NEAR(unseen, 1000, 150);
  for (const auto& [name, count] : counts) EXPECT_TRUE(name < "0000000a" || count == 1) << name;
}

TEST(NumberedNames, TypesAreMixedByWeight) {
  const auto source = numbered({.types = *TypeMix::parse("A:3,AAAA")});
  std::map<int, int> counts;
  for (int i = 0; i < 4000; ++i) ++counts[dns::view_query(source->next()).question.type];
  EXPECT_NEAR(counts[dns::type::kA], 3000, 150);
  EXPECT_EQ(counts[dns::type::kA] + counts[dns::type::kAaaa], 4000);
}

TEST(QueryForm, FlagsAndOptionsAreWritten) {
  QueryForm form{.recursion_desired = false,
                 .checking_disabled = true,
                 .edns_size = 1400,
                 .dnssec_ok = true,
                 .cookie = true};
  form.options.push_back({8, {0, 1, 0, 0}});
  const auto message = make_query(form, dns::name_from_text("a.b")->wire(), 28);
  const dns::QueryView view = dns::view_query(message);
  ASSERT_EQ(view.verdict, dns::QueryVerdict::Accept);
  EXPECT_EQ(view.question.type, 28);
  EXPECT_FALSE(view.header.has(dns::kFlagRd));
  EXPECT_TRUE(view.header.has(dns::kFlagCd));
  EXPECT_EQ(view.edns.udp_size, 1400);
  EXPECT_TRUE(view.edns.dnssec_ok);
  EXPECT_EQ(view.edns.client_subnet.size(), 4u);
  EXPECT_EQ(view.edns.cookie.size(), 8u);
  EXPECT_EQ(view.edns.cookie.data() + 8, message.data() + message.size());
  EXPECT_EQ(form.option_octets(), 4u + 4 + 4 + 8);
}

TEST(QueryForm, OptionsAreReadAsDnsperfsAre) {
  QueryForm::Option option;
  EXPECT_EQ(parse_option("65001:00ffAb", option), "");
  EXPECT_EQ(option.code, 65001);
  EXPECT_EQ(option.value, (std::vector<uint8_t>{0, 255, 0xab}));
  for (const char* wrong : {"", "x", "65536:00", "8:0", "8:0g", ":00"}) {
    QueryForm::Option other;
    EXPECT_NE(parse_option(wrong, other), "") << wrong;
  }
}

TEST(TypeMix, NonsenseIsNoMix) {
  for (const char* wrong : {"", "A,", "A:", "A:0", "A:-1", "A:x", "NOTYPE", "TYPE65536", "A:nan"}) {
    EXPECT_FALSE(TypeMix::parse(wrong)) << wrong;
  }
  EXPECT_EQ(TypeMix::parse("https")->first(), 65);
  EXPECT_EQ(TypeMix::parse("TYPE1234")->first(), 1234);
}

std::shared_ptr<QuestionList> text_list(const std::string& text) {
  std::istringstream input(text);
  auto list = std::make_shared<QuestionList>();
  read_text(input, {}, *list);
  return list;
}

TEST(QuestionList, ReadsDnsperfsTextAndSkipsWhatIsNone) {
  const auto list = text_list(
      "www.example.com A\n; a remark\n# another\n\n a.example\tAAAA\r\n..bad.. A\nx.example "
      "NOTYPE\n"
      "alone.example");
  ASSERT_EQ(list->size(), 3u);
  EXPECT_EQ(name_of(list->message(0)), "www.example.com.");
  EXPECT_EQ(dns::view_query(list->message(1)).question.type, 28);
  EXPECT_EQ(dns::view_query(list->message(2)).question.type, 1);
  EXPECT_EQ(list->skipped(), 2u);
  EXPECT_EQ(list->first_skipped(), "line 6: not a domain name");
}

TEST(QuestionList, ALineWithoutEndTakesNoMemory) {
  const auto list = text_list("a. A\n" + std::string(1'000'000, 'x') + " A\n" + "b. A\n" +
                              std::string(1'000'000, 'y'));
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ(name_of(list->message(1)), "b.");
  EXPECT_EQ(list->skipped(), 2u);
  EXPECT_EQ(list->first_skipped(), "line 2: too long");
}

TEST(QuestionList, ReadsMessagesAsOnATcpStream) {
  const auto source = text_list("a. A\nb. A\n");
  std::string octets;
  for (size_t i = 0; i < 2; ++i) {
    const Bytes message = source->message(i);
    octets += std::string{0, static_cast<char>(message.size())} + std::string(text_of(message));
  }
  octets += std::string("\0\3abc", 5) + std::string("\1\0cut", 5);
  std::istringstream input(octets);
  QuestionList list;
  read_binary(input, list);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(name_of(list.message(1)), "b.");
  EXPECT_EQ(list.skipped(), 2u);
  EXPECT_EQ(list.first_skipped(), "message 3: not a query");
}

TEST(ListedQuestions, ThreadsShareThePassesOfAFile) {
  const auto list = text_list("a. A\nb. A\nc. A\n");
  std::multiset<std::string> asked;
  for (uint32_t i = 0; i < 2; ++i) {
    ListedQuestions source(list, {.passes = 2}, {}, {i, 2});
    for (MutableBytes message = source.next(); !message.empty(); message = source.next()) {
      asked.insert(name_of(message));
    }
  }
  EXPECT_EQ(asked, (std::multiset<std::string>{"a.", "a.", "b.", "b.", "c.", "c."}));
}

TEST(ListedQuestions, UnseenNamesGetALabelInFront) {
  const auto list = text_list("a.example A\n");
  ListedQuestions source(list, {.unseen = 1}, {}, {});
  const std::string first = name_of(source.next());
  EXPECT_EQ(first, "u000000000000.a.example.");
  EXPECT_NE(first, name_of(source.next()));
}

TEST(ListedQuestions, MessagesThatAreLongAlreadyStayAsTheyAre) {
  auto list = std::make_shared<QuestionList>();
  auto message = make_query({}, dns::name_from_text("a.example")->wire(), dns::type::kA);
  message.resize(UINT16_MAX);
  list->add(message);
  ListedQuestions source(list, {.unseen = 1}, {}, {});
  EXPECT_EQ(source.next().size(), size_t{UINT16_MAX});
}

TEST(Zipf, ExponentNoneDrawsAllAlike) {
  const Zipf zipf(10, 0);
  Random random({1, 1});
  std::map<uint32_t, int> counts;
  for (int i = 0; i < 10'000; ++i) ++counts[zipf.draw(random)];
  for (const auto& [rank, count] : counts) EXPECT_NEAR(count, 1000, 200) << rank;
  EXPECT_EQ(counts.size(), 10u);
}

}  // namespace
}  // namespace dotring::flood
