#include "engine/dns/message_writer.h"

#include <gtest/gtest.h>

#include "engine/dns/answer_view.h"
#include "engine/dns/stored_answer.h"
#include "test/engine/dns/message_builder.h"

namespace dotring::dns {
namespace {

const Octets kMixedName = wire("WwW.Example");

// What a writer put into its room, read again.
struct Written {
  Octets octets;
  AnswerView view;
};

Written read_again(Octets room, size_t size) {
  Written written;
  room.resize(size);
  written.octets = std::move(room);
  written.view = view_answer(written.octets, {});
  return written;
}

Written error_reply(const QueryView& query, uint16_t rcode, const OptFields& opt = {}) {
  Octets room(kShortReplySizeMax);
  return read_again(room, write_error_reply(query, rcode, opt, room));
}

Written error_reply(const MessageBuilder& query, uint16_t rcode, const OptFields& opt = {}) {
  return error_reply(view_query(query), rcode, opt);
}

MessageBuilder plain_query(uint16_t flags = kFlagRd) {
  return MessageBuilder(flags).question(kMixedName, type::kTxt);
}

MessageBuilder edns_query(uint32_t opt_ttl = 0x8000) {
  return plain_query().opt({}, 1232, opt_ttl);
}

TEST(ErrorReply, RepeatsIdQuestionOpcodeRdAndCd) {
  const Written reply = error_reply(plain_query(kFlagRd | kFlagCd), rcode::kServFail);
  const Octets wanted = MessageBuilder(kFlagQr | kFlagRd | kFlagRa | kFlagCd | rcode::kServFail)
                            .question(kMixedName, type::kTxt)
                            .octets();
  EXPECT_EQ(reply.octets, wanted);
}

TEST(ErrorReply, TakesNoOtherFlagsFromTheQuery) {
  const uint16_t all = 0xffff & ~(kFlagQr | kOpcodeMask | kFlagRd | kFlagCd);
  const Written reply = error_reply(plain_query(all), rcode::kRefused);
  EXPECT_EQ(reply.view.header.flags, kFlagQr | kFlagRa | rcode::kRefused);
}

TEST(ErrorReply, HasOptIfAndOnlyIfTheQueryHad) {
  OptFields opt;
  opt.udp_size = 1400;
  EXPECT_FALSE(error_reply(plain_query(), rcode::kRefused, opt).view.has_opt);
  const Written reply = error_reply(edns_query(), rcode::kRefused, opt);
  EXPECT_EQ(reply.view.fault, AnswerFault::None);
  EXPECT_TRUE(reply.view.has_opt);
  EXPECT_EQ(reply.view.edns.udp_size, 1400);
  EXPECT_EQ(reply.view.rcode, rcode::kRefused);
}

TEST(ErrorReply, CopiesDo) {
  EXPECT_TRUE(error_reply(edns_query(0x8000), rcode::kRefused).view.edns.dnssec_ok);
  OptFields opt;
  opt.dnssec_ok = true;
  EXPECT_FALSE(error_reply(edns_query(0), rcode::kRefused, opt).view.edns.dnssec_ok);
}

TEST(ErrorReply, BadVersIsSplitOverHeaderAndOpt) {
  const MessageBuilder message = edns_query(0x00010000);
  const QueryView query = view_query(message);
  ASSERT_EQ(query.verdict, QueryVerdict::BadVers);
  const Written reply = error_reply(query, rcode::kBadVers);
  EXPECT_EQ(reply.view.header.rcode(), 0);
  EXPECT_EQ(reply.view.edns.extended_rcode, 1);
  EXPECT_EQ(reply.view.edns.version, 0);
  EXPECT_EQ(reply.view.rcode, rcode::kBadVers);
}

TEST(ErrorReply, WithoutEdnsAnExtendedRcodeBecomesServFail) {
  EXPECT_EQ(error_reply(plain_query(), rcode::kBadCookie).view.rcode, rcode::kServFail);
}

TEST(ErrorReply, ToAMessageWithoutReadableQuestionHasNone) {
  const Written reply = error_reply(MessageBuilder().raw({1}), rcode::kFormErr);
  EXPECT_EQ(reply.octets, MessageBuilder(kFlagQr | kFlagRa | kFlagRd | 1).octets());
}

TEST(ErrorReply, ToTwoQuestionsHasNoneButOpt) {
  const Written reply =
      error_reply(MessageBuilder().question("a").question("b").opt(), rcode::kFormErr);
  EXPECT_EQ(reply.view.fault, AnswerFault::WithoutQuestion);
  EXPECT_TRUE(reply.view.has_opt);
  EXPECT_EQ(reply.view.rcode, rcode::kFormErr);
}

TEST(ErrorReply, KeepsTheOpcode) {
  const uint16_t notify = 4 << kOpcodeShift;
  const Written reply = error_reply(plain_query(notify), rcode::kNotImp);
  EXPECT_EQ(reply.view.header.opcode(), 4);
  EXPECT_EQ(reply.view.header.rcode(), rcode::kNotImp);
}

TEST(ErrorReply, SaysWhy) {
  OptFields opt;
  opt.extended_error = extended_error::kNetworkError;
  const Written reply = error_reply(edns_query(), rcode::kServFail, opt);
  EXPECT_EQ(reply.view.edns.extended_error, extended_error::kNetworkError);
}

TEST(ErrorReply, LeavesOutTextThatDoesNotFit) {
  const Octets text(600, 'x');
  OptFields opt;
  opt.extended_error = extended_error::kProhibited;
  opt.extended_error_text = text;
  const Written reply = error_reply(edns_query(), rcode::kRefused, opt);
  EXPECT_EQ(reply.view.fault, AnswerFault::None);
  EXPECT_EQ(reply.view.edns.extended_error, extended_error::kProhibited);
  EXPECT_LT(reply.octets.size(), 100u);
}

TEST(ErrorReply, FitsTheSmallestUdpMessageWithTheLongestName) {
  Octets longest;
  for (int i = 0; i < 127; ++i) longest = longest + Octets{1, 'a'};
  const Octets cookie(40, 1);
  OptFields opt;
  opt.cookie = cookie;
  opt.keepalive_100ms = 1;
  opt.extended_error = 1;
  const MessageBuilder query = MessageBuilder().question(longest + Octets{0}).opt();
  EXPECT_GT(error_reply(query, rcode::kServFail, opt).octets.size(), 271u);
}

TEST(ErrorReply, IsNothingWithoutRoom) {
  const MessageBuilder message = edns_query();
  const QueryView query = view_query(message);
  const size_t needed = error_reply(query, rcode::kServFail).octets.size();
  for (size_t size = 0; size < needed; ++size) {
    Octets room(size);
    EXPECT_EQ(write_error_reply(query, rcode::kServFail, {}, room), 0u) << size;
  }
}

TEST(ErrorReply, IsPaddedOnRequest) {
  OptFields opt;
  opt.pad_to_multiple = 468;
  EXPECT_EQ(error_reply(edns_query(), rcode::kServFail, opt).octets.size(), 468u);
}

TEST(TruncatedReply, HasTcQuestionAndOptOnly) {
  Octets room(kShortReplySizeMax);
  const MessageBuilder query = edns_query(0);
  const size_t size = write_truncated_reply(view_query(query), rcode::kNxDomain, {}, room);
  const Octets wanted = MessageBuilder(kFlagQr | kFlagTc | kFlagRd | kFlagRa | rcode::kNxDomain)
                            .question(kMixedName, type::kTxt)
                            .opt()
                            .octets();
  EXPECT_EQ(read_again(room, size).octets, wanted);
}

TEST(MinimalAnyReply, IsHinfo) {
  Octets room(kShortReplySizeMax);
  const MessageBuilder query = MessageBuilder().question(kMixedName, type::kAny).opt();
  const size_t size = write_minimal_any_reply(view_query(query), 3600, {}, room);
  const Octets wanted =
      MessageBuilder(kFlagQr | kFlagRd | kFlagRa)
          .question(kMixedName, type::kAny)
          .answer(kAtQuestion, type::kHinfo, 3600, {7, 'R', 'F', 'C', '8', '4', '8', '2', 0})
          .opt()
          .octets();
  EXPECT_EQ(read_again(room, size).octets, wanted);
}

TEST(MinimalAnyReply, HasAClassOfItsOwn) {
  for (const unsigned klass : {1u, 3u, 255u}) {
    Octets room(kShortReplySizeMax);
    const MessageBuilder query = MessageBuilder().question(kMixedName, type::kAny, klass);
    const size_t size = write_minimal_any_reply(view_query(query), 3600, {}, room);
    const Written reply = read_again(room, size);
    EXPECT_EQ(reply.view.question.klass, klass);
    const size_t at = kHeaderSize + reply.view.question.wire_size() + 4;
    EXPECT_EQ(load_be16(reply.octets.data() + at), klass == 255 ? 1u : klass);
  }
}

// ---------------------------------------------------------------------------------------------------------
// Stored answers

Octets stored_answer(uint16_t flags, const Octets& name = kMixedName) {
  const MessageBuilder message = MessageBuilder(static_cast<uint16_t>(kFlagQr | flags), 0x9999)
                                     .question(name, type::kTxt)
                                     .answer(kAtQuestion, type::kTxt, 60, {1, 'x'})
                                     .additional(wire("ns"), type::kA, 70, kAddress)
                                     .opt();
  const AnswerView view = view_answer(message, {});
  Octets stored(message.octets().size());
  stored.resize(to_stored_form(message, view, stored.data()));
  return stored;
}

Written finish(const MessageBuilder& query, const Octets& stored, const OptFields& opt = {},
               size_t room_size = 1232) {
  Octets room = stored;
  room.resize(room_size);
  return read_again(room, finish_stored_reply(view_query(query), stored.size(), opt, room));
}

TEST(StoredReply, IsTheAnswerWithTheQuerysIdQuestionAndOpt) {
  const Octets stored = stored_answer(kFlagRd | kFlagRa | rcode::kNxDomain);
  const Octets wanted = MessageBuilder(kFlagQr | kFlagRd | kFlagRa | rcode::kNxDomain)
                            .question(kMixedName, type::kTxt)
                            .answer(kAtQuestion, type::kTxt, 60, {1, 'x'})
                            .additional(wire("ns"), type::kA, 70, kAddress)
                            .opt()
                            .octets();
  EXPECT_EQ(finish(edns_query(0), stored).octets, wanted);
}

TEST(StoredReply, WithoutEdnsHasNoOpt) {
  const Octets stored = stored_answer(kFlagRa);
  const Written reply = finish(plain_query(), stored);
  EXPECT_EQ(reply.view.fault, AnswerFault::None);
  EXPECT_FALSE(reply.view.has_opt);
  EXPECT_EQ(reply.octets.size(), stored.size());
}

TEST(StoredReply, RdAndCdAreTheQuerysNotTheAnswers) {
  const Octets stored = stored_answer(kFlagRd | kFlagCd);
  EXPECT_EQ(finish(plain_query(0), stored).view.header.flags, kFlagQr | kFlagRa);
  EXPECT_EQ(finish(plain_query(kFlagRd | kFlagCd), stored).view.header.flags,
            kFlagQr | kFlagRa | kFlagRd | kFlagCd);
}

TEST(StoredReply, IsNotAuthoritative) {
  EXPECT_FALSE(finish(plain_query(), stored_answer(kFlagAa)).view.header.has(kFlagAa));
}

TEST(StoredReply, AdIsForThoseWhoSetAdOrDo) {
  const Octets stored = stored_answer(kFlagAd);
  EXPECT_FALSE(finish(plain_query(), stored).view.header.has(kFlagAd));
  EXPECT_FALSE(finish(edns_query(0), stored).view.header.has(kFlagAd));
  EXPECT_TRUE(finish(edns_query(0x8000), stored).view.header.has(kFlagAd));
  EXPECT_TRUE(finish(plain_query(kFlagAd), stored).view.header.has(kFlagAd));
  EXPECT_FALSE(finish(plain_query(kFlagAd), stored_answer(0)).view.header.has(kFlagAd));
}

TEST(StoredReply, IsNothingWhenOptDoesNotFit) {
  const Octets stored = stored_answer(0);
  EXPECT_EQ(finish(edns_query(), stored, {}, stored.size() + 10).octets.size(), 0u);
  EXPECT_EQ(finish(edns_query(), stored, {}, stored.size() + 11).octets.size(), stored.size() + 11);
}

TEST(StoredReply, CarriesTheExtendedErrorOfAStaleAnswer) {
  OptFields opt;
  opt.extended_error = extended_error::kStaleAnswer;
  EXPECT_EQ(finish(edns_query(), stored_answer(0), opt).view.edns.extended_error,
            extended_error::kStaleAnswer);
}

// ---------------------------------------------------------------------------------------------------------
// Queries to upstreams

Octets upstream_query(uint8_t bits, const OptFields& opt, const Octets& name = kMixedName) {
  const QuestionKey key({name, type::kTxt, kClassIn}, bits, {1, 2});
  Octets room(kUpstreamQuerySizeMax);
  room.resize(write_upstream_query(key, 0xabcd, opt, room));
  return room;
}

TEST(UpstreamQuery, IsHeaderQuestionAndOpt) {
  const Octets wanted = MessageBuilder(kFlagRd | kFlagAd, 0xabcd)
                            .question(wire("www.example"), type::kTxt)
                            .opt()
                            .octets();
  EXPECT_EQ(upstream_query(QuestionKey::kRd, {}), wanted);
}

TEST(UpstreamQuery, BitsBecomeFlags) {
  for (uint8_t bits = 0; bits < 8; ++bits) {
    const Octets octets = upstream_query(bits, {});
    const QueryView view = view_query(octets);
    EXPECT_EQ(view.verdict, QueryVerdict::Accept);
    EXPECT_EQ(view.header.has(kFlagRd), (bits & QuestionKey::kRd) != 0);
    EXPECT_EQ(view.header.has(kFlagCd), (bits & QuestionKey::kCd) != 0);
    EXPECT_EQ(view.edns.dnssec_ok, (bits & QuestionKey::kDo) != 0);
    EXPECT_TRUE(view.header.has(kFlagAd));
  }
}

TEST(UpstreamQuery, IsPaddedAndAsksForTheIdleTimeout) {
  OptFields opt;
  opt.keepalive_empty = true;
  opt.pad_to_multiple = 128;
  const Octets octets = upstream_query(QuestionKey::kRd, opt);
  EXPECT_EQ(octets.size(), 128u);
  const QueryView view = view_query(octets);
  EXPECT_EQ(view.verdict, QueryVerdict::Accept);
  EXPECT_TRUE(view.edns.padding);
  EXPECT_TRUE(view.edns.keepalive_empty);
}

TEST(UpstreamQuery, OfTheLongestNameFitsItsRoom) {
  Octets longest;
  for (int i = 0; i < 127; ++i) longest = longest + Octets{1, 'a'};
  OptFields opt;
  opt.keepalive_empty = true;
  opt.pad_to_multiple = 128;
  EXPECT_EQ(upstream_query(0, opt, longest + Octets{0}).size(), kUpstreamQuerySizeMax);
}

TEST(UpstreamQuery, IsNothingWithoutRoom) {
  const QuestionKey key({kMixedName, type::kTxt, kClassIn}, 0, {1, 2});
  const size_t needed = upstream_query(0, {}).size();
  for (size_t size = 0; size < needed; ++size) {
    Octets room(size);
    EXPECT_EQ(write_upstream_query(key, 1, {}, room), 0u) << size;
  }
}

// The query of a view: what a client asked, as far as its view tells.
Octets written_query(const MessageBuilder& query) {
  Octets room(kShortReplySizeMax);
  room.resize(write_query_of_view(view_query(query), room));
  return room;
}

TEST(QueryOfView, IsTheQueryWithoutItsOptions) {
  const Octets cookie = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
  const uint16_t flags = kFlagRd | kFlagAd | kFlagCd;
  EXPECT_EQ(written_query(plain_query(flags)), plain_query(flags).octets());
  const MessageBuilder asked = plain_query(flags).opt(cookie, 1400, 0x8000);
  EXPECT_EQ(written_query(asked), plain_query(flags).opt({}, 1400, 0x8000).octets());
}

TEST(QueryOfView, NeedsItsRoom) {
  const size_t size = written_query(edns_query()).size();
  Octets room(size - 1);
  EXPECT_EQ(write_query_of_view(view_query(edns_query()), room), 0u);
}

}  // namespace
}  // namespace dotring::dns
