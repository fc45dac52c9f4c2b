#include "engine/dns/query_view.h"

#include <gtest/gtest.h>

#include "test/engine/dns/message_builder.h"

namespace dotring::dns {
namespace {

QueryVerdict verdict_of(const MessageBuilder& message) {
  return view_query(message).verdict;
}

TEST(QueryView, AcceptsAPlainQuery) {
  const MessageBuilder message = MessageBuilder().question("Www.Example", type::kAaaa, 3);
  const QueryView view = view_query(message);
  EXPECT_EQ(view.verdict, QueryVerdict::Accept);
  EXPECT_EQ(view.header.id, 0x1234);
  EXPECT_EQ(view.header.flags, kFlagRd);
  EXPECT_TRUE(view.has_question);
  EXPECT_EQ(octets_of(view.question.name), wire("Www.Example"));
  EXPECT_EQ(view.question.type, type::kAaaa);
  EXPECT_EQ(view.question.klass, 3);
  EXPECT_FALSE(view.has_opt);
  EXPECT_EQ(view.edns.udp_size, 512);
}

TEST(QueryView, AcceptsAQueryWithOpt) {
  const MessageBuilder message = MessageBuilder().question("example").opt(
      option_octets(option::kCookie, Octets(8, 5)), 4096, 0x8000);
  const QueryView view = view_query(message);
  EXPECT_EQ(view.verdict, QueryVerdict::Accept);
  EXPECT_TRUE(view.has_opt);
  EXPECT_TRUE(view.edns.dnssec_ok);
  EXPECT_EQ(view.edns.udp_size, 4096);
  EXPECT_EQ(octets_of(view.edns.cookie), Octets(8, 5));
}

TEST(QueryView, UnknownTypesClassesAndFlagsPass) {
  const uint16_t flags = kFlagAa | kFlagTc | kFlagRd | kFlagRa | kFlagZ | kFlagAd | kFlagCd | 9;
  EXPECT_EQ(verdict_of(MessageBuilder(flags).question("example", 65280, 65280)),
            QueryVerdict::Accept);
}

TEST(QueryView, DropsWhatIsShorterThanAHeader) {
  const Octets message = MessageBuilder().question("example").octets();
  for (size_t size = 0; size < kHeaderSize; ++size) {
    EXPECT_EQ(view_query(Bytes(message).first(size)).verdict, QueryVerdict::Drop) << size;
  }
}

TEST(QueryView, DropsResponses) {
  EXPECT_EQ(verdict_of(MessageBuilder(kFlagQr).question("example")), QueryVerdict::Drop);
}

TEST(QueryView, OtherOpcodesAreNotImplementedWhateverFollows) {
  for (uint16_t opcode = 1; opcode < 16; ++opcode) {
    const auto flags = static_cast<uint16_t>(opcode << kOpcodeShift);
    const MessageBuilder message =
        MessageBuilder(flags).question("example").answer(kAtQuestion, type::kA, 1, Octets(4, 0));
    const QueryView view = view_query(message);
    EXPECT_EQ(view.verdict, QueryVerdict::NotImp) << opcode;
    EXPECT_TRUE(view.has_question);
    EXPECT_EQ(verdict_of(MessageBuilder(flags)), QueryVerdict::NotImp) << opcode;
  }
}

TEST(QueryView, QuestionCountsOtherThanOneAreFormErr) {
  EXPECT_EQ(verdict_of(MessageBuilder()), QueryVerdict::FormErr);
  const MessageBuilder two = MessageBuilder().question("a").question("b").opt({}, 4096);
  const QueryView view = view_query(two);
  EXPECT_EQ(view.verdict, QueryVerdict::FormErr);
  EXPECT_FALSE(view.has_question);
  EXPECT_TRUE(view.has_opt) << "the reply must have one";
  EXPECT_EQ(verdict_of(MessageBuilder().question("a").count(4, 65534)), QueryVerdict::FormErr);
}

TEST(QueryView, AnswersInAQueryAreFormErr) {
  const MessageBuilder message =
      MessageBuilder().question("example").answer(kAtQuestion, type::kA, 1, Octets(4, 0));
  EXPECT_EQ(verdict_of(message), QueryVerdict::FormErr);
}

TEST(QueryView, OnlyIxfrHasAnAuthorityRecord) {
  const Octets soa = soa_rdata(1);
  auto query = [&soa](unsigned type, int records) {
    MessageBuilder message = MessageBuilder().question("example", type);
    for (int i = 0; i < records; ++i) message.authority(kAtQuestion, type::kSoa, 0, soa);
    return message;
  };
  EXPECT_EQ(verdict_of(query(type::kIxfr, 1)), QueryVerdict::Accept);
  EXPECT_EQ(verdict_of(query(type::kIxfr, 2)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict_of(query(type::kAxfr, 1)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict_of(query(type::kA, 1)), QueryVerdict::FormErr);
}

TEST(QueryView, WalksOverOtherAdditionalRecords) {
  const MessageBuilder message = MessageBuilder()
                                     .question("example")
                                     .additional(wire("other"), type::kA, 1, Octets(4, 0))
                                     .opt({}, 1400)
                                     .additional(wire("key"), type::kTsig, 0, Octets(20, 0));
  const QueryView view = view_query(message);
  EXPECT_EQ(view.verdict, QueryVerdict::Accept);
  EXPECT_EQ(view.edns.udp_size, 1400);
}

TEST(QueryView, TwoOptsAreFormErrAndTheFirstIsKnown) {
  const MessageBuilder message = MessageBuilder().question("example").opt({}, 1400).opt({}, 1300);
  const QueryView view = view_query(message);
  EXPECT_EQ(view.verdict, QueryVerdict::FormErr);
  EXPECT_TRUE(view.has_opt);
  EXPECT_EQ(view.edns.udp_size, 1400);
  const MessageBuilder apart = MessageBuilder()
                                   .question("example")
                                   .opt()
                                   .additional(wire("other"), type::kA, 1, Octets(4, 0))
                                   .opt();
  EXPECT_EQ(verdict_of(apart), QueryVerdict::FormErr);
}

TEST(QueryView, TheOwnerOfOptIsTheRoot) {
  EXPECT_EQ(
      verdict_of(MessageBuilder().question("example").additional(wire("x"), type::kOpt, 0, {})),
      QueryVerdict::FormErr);
  EXPECT_EQ(verdict_of(MessageBuilder().question(".").additional(kAtQuestion, type::kOpt, 0, {})),
            QueryVerdict::FormErr)
      << "not even by a pointer to it";
}

TEST(QueryView, OptElsewhereThanInTheAdditionalSectionIsFormErr) {
  EXPECT_EQ(
      verdict_of(
          MessageBuilder().question("example", type::kIxfr).authority({0}, type::kOpt, 0, {})),
      QueryVerdict::FormErr);
}

TEST(QueryView, HigherVersionsAreBadVers) {
  const MessageBuilder message =
      MessageBuilder().question("example").opt(Octets{1, 2, 3}, 1232, 0x00010000);
  const QueryView view = view_query(message);
  EXPECT_EQ(view.verdict, QueryVerdict::BadVers);
  EXPECT_TRUE(view.has_opt);
  EXPECT_TRUE(view.has_question);
  EXPECT_EQ(verdict_of(MessageBuilder().question("a").opt({}, 1232, 0x00ff0000).opt()),
            QueryVerdict::FormErr)
      << "malformed comes first";
}

TEST(QueryView, ImpossibleOptionsAreFormErrWithOpt) {
  const MessageBuilder message =
      MessageBuilder().question("example").opt(option_octets(option::kCookie, Octets(9, 5)));
  const QueryView view = view_query(message);
  EXPECT_EQ(view.verdict, QueryVerdict::FormErr);
  EXPECT_TRUE(view.has_opt);
}

TEST(QueryView, CompressedQuestionsAreFormErr) {
  EXPECT_EQ(verdict_of(MessageBuilder().question(Octets{0xc0, 12})), QueryVerdict::FormErr);
  EXPECT_EQ(verdict_of(MessageBuilder().question(Octets{1, 'a', 0xc0, 12})), QueryVerdict::FormErr);
}

TEST(QueryView, OctetsBehindTheLastRecordAreFormErr) {
  EXPECT_EQ(verdict_of(MessageBuilder().question("example").raw({0})), QueryVerdict::FormErr);
  EXPECT_EQ(verdict_of(MessageBuilder().question("example").opt().raw({0})), QueryVerdict::FormErr);
}

TEST(QueryView, CountsThatNothingBacksAreFormErr) {
  for (const size_t offset : {6u, 8u, 10u}) {
    EXPECT_EQ(verdict_of(MessageBuilder().question("example").count(offset, 1)),
              QueryVerdict::FormErr);
    EXPECT_EQ(verdict_of(MessageBuilder().question("example").count(offset, 65535)),
              QueryVerdict::FormErr);
  }
}

TEST(QueryView, EveryPrefixOfAMessageIsRefused) {
  const Octets whole = MessageBuilder()
                           .question("www.example")
                           .opt(option_octets(option::kCookie, Octets(8, 1)) +
                                option_octets(option::kPadding, Octets(9, 0)))
                           .octets();
  ASSERT_EQ(view_query(whole).verdict, QueryVerdict::Accept);
  for (size_t size = 0; size < whole.size(); ++size) {
    // A copy of its own, so that the sanitizers see any step beyond the end.
    const Octets prefix(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const QueryVerdict wanted = size < kHeaderSize ? QueryVerdict::Drop : QueryVerdict::FormErr;
    EXPECT_EQ(view_query(prefix).verdict, wanted) << size;
  }
}

TEST(QueryView, TakesTheLongestName) {
  Octets longest;
  for (int i = 0; i < 127; ++i) longest = longest + Octets{1, 'a'};
  EXPECT_EQ(verdict_of(MessageBuilder().question(longest + Octets{0})), QueryVerdict::Accept);
  EXPECT_EQ(verdict_of(MessageBuilder().question(longest + Octets{1, 'a', 0})),
            QueryVerdict::FormErr);
}

TEST(QueryView, TakesAMessageOfTheLargestSize) {
  MessageBuilder message = MessageBuilder().question("example");
  const size_t rest = kMessageSizeMax - message.octets().size() - 11 - 4;
  message.opt(option_octets(option::kPadding, Octets(rest, 0)));
  ASSERT_EQ(message.octets().size(), kMessageSizeMax);
  EXPECT_EQ(verdict_of(message), QueryVerdict::Accept);
}

}  // namespace
}  // namespace dotring::dns
