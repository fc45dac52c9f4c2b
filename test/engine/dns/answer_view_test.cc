#include "engine/dns/answer_view.h"

#include <gtest/gtest.h>

#include "engine/dns/record.h"
#include "test/engine/dns/message_builder.h"

namespace dotring::dns {
namespace {

const Octets kName = wire("www.example");

MessageBuilder reply(unsigned type = type::kA, uint16_t rcode = 0) {
  return MessageBuilder(static_cast<uint16_t>(kReply | rcode)).question(kName, type);
}

AnswerView view_of(const MessageBuilder& message) {
  return view_answer(message, {});
}

AnswerFault fault_of(const MessageBuilder& message) {
  return view_of(message).fault;
}

AnswerFault fault_with_rdata(unsigned type, const Octets& rdata) {
  return fault_of(reply().answer(kAtQuestion, type, 1, rdata));
}

bool sound(unsigned type, const Octets& rdata) {
  return fault_with_rdata(type, rdata) == AnswerFault::None;
}

TEST(AnswerView, ReadsAPositiveAnswer) {
  const MessageBuilder message = reply()
                                     .answer(kAtQuestion, type::kCname, 300, wire("a.example"))
                                     .answer(wire("a.example"), type::kA, 60, kAddress)
                                     .authority(wire("example"), type::kNs, 400, wire("ns.example"))
                                     .additional(wire("ns.example"), type::kA, 500, kAddress)
                                     .opt({}, 1400, 0x8000);
  const AnswerView view = view_answer(message, {kName, type::kA, kClassIn});
  EXPECT_EQ(view.fault, AnswerFault::None);
  EXPECT_EQ(octets_of(view.question.name), kName);
  EXPECT_EQ(view.record_count, 4u);
  EXPECT_EQ(view.ttl_min, 60u);
  EXPECT_TRUE(view.has_final_answer);
  EXPECT_FALSE(view.has_soa);
  EXPECT_FALSE(view.negative());
  EXPECT_TRUE(view.has_opt);
  EXPECT_TRUE(view.edns.dnssec_ok);
  EXPECT_EQ(view.additional_before_opt, 1);
  EXPECT_EQ(view.opt_offset, message.octets().size() - 11);
}

TEST(AnswerView, WithoutOptItsPlaceIsTheEnd) {
  const MessageBuilder message = reply().additional(kAtQuestion, type::kA, 9, kAddress);
  const AnswerView view = view_of(message);
  EXPECT_FALSE(view.has_opt);
  EXPECT_EQ(view.opt_offset, message.octets().size());
  EXPECT_EQ(view.additional_before_opt, 1);
}

TEST(AnswerView, OptNeedNotBeLast) {
  const MessageBuilder message = reply()
                                     .additional(kAtQuestion, type::kA, 9, kAddress)
                                     .opt()
                                     .additional(kAtQuestion, type::kAaaa, 8, Octets(16, 1));
  const AnswerView view = view_of(message);
  EXPECT_EQ(view.fault, AnswerFault::None);
  EXPECT_EQ(view.record_count, 2u);
  EXPECT_EQ(view.ttl_min, 8u);
  EXPECT_EQ(view.additional_before_opt, 1);
}

TEST(AnswerView, NoDataIsNegative) {
  const MessageBuilder message =
      reply().authority(wire("example"), type::kSoa, 3600, soa_rdata(900));
  const AnswerView view = view_of(message);
  EXPECT_TRUE(view.negative());
  EXPECT_TRUE(view.has_soa);
  EXPECT_EQ(view.negative_ttl, 900u);
  EXPECT_EQ(view.ttl_min, 3600u);
}

TEST(AnswerView, TheNegativeTtlIsTheSmallerOfTtlAndMinimum) {
  auto negative_ttl = [](uint32_t ttl, uint32_t minimum) {
    return view_of(reply().authority(wire("example"), type::kSoa, ttl, soa_rdata(minimum)))
        .negative_ttl;
  };
  EXPECT_EQ(negative_ttl(100, 900), 100u);
  EXPECT_EQ(negative_ttl(900, 100), 100u);
  EXPECT_EQ(negative_ttl(0x80000000, 100), 0u);
  EXPECT_EQ(negative_ttl(100, 0xffffffff), 0u);
  EXPECT_EQ(negative_ttl(0x7fffffff, 0x7fffffff), 0x7fffffffu);
}

TEST(AnswerView, TheFirstOfTwoSoasCounts) {
  const MessageBuilder message = reply()
                                     .authority(wire("example"), type::kSoa, 3600, soa_rdata(900))
                                     .authority(wire("example"), type::kSoa, 3600, soa_rdata(5));
  EXPECT_EQ(view_of(message).negative_ttl, 900u);
}

TEST(AnswerView, NxDomainIsNegativeEvenBehindACname) {
  const MessageBuilder message = reply(type::kA, rcode::kNxDomain)
                                     .answer(kAtQuestion, type::kCname, 60, wire("gone.example"))
                                     .authority(wire("example"), type::kSoa, 3600, soa_rdata(900));
  const AnswerView view = view_of(message);
  EXPECT_TRUE(view.negative());
  EXPECT_FALSE(view.has_final_answer);
}

TEST(AnswerView, ACnameAloneIsNegativeUnlessItWasAsked) {
  const Octets target = wire("a.example");
  EXPECT_TRUE(view_of(reply().answer(kAtQuestion, type::kCname, 60, target)).negative());
  EXPECT_FALSE(
      view_of(reply(type::kCname).answer(kAtQuestion, type::kCname, 60, target)).negative());
  EXPECT_FALSE(view_of(reply(type::kAny).answer(kAtQuestion, type::kCname, 60, target)).negative());
}

TEST(AnswerView, FailuresAreNotNegative) {
  EXPECT_FALSE(view_of(reply(type::kA, rcode::kServFail)).negative());
  EXPECT_FALSE(view_of(reply(type::kA, rcode::kRefused)).negative());
}

TEST(AnswerView, AnSoaElsewhereThanInTheAuthoritySectionIsNoNegativeProof) {
  EXPECT_FALSE(view_of(reply(type::kSoa).answer(kAtQuestion, type::kSoa, 1, soa_rdata(1))).has_soa);
  EXPECT_FALSE(view_of(reply().additional(kAtQuestion, type::kSoa, 1, soa_rdata(1))).has_soa);
}

TEST(AnswerView, TheRcodeHasTwelveBits) {
  const AnswerView view = view_of(reply(type::kA, 7).opt({}, 1232, 0x01000000));
  EXPECT_EQ(view.rcode, rcode::kBadCookie);
  EXPECT_EQ(view_of(reply(type::kA, 5)).rcode, rcode::kRefused);
}

TEST(AnswerView, TtlsThatLookNegativeCountAsZero) {
  EXPECT_EQ(view_of(reply().answer(kAtQuestion, type::kA, 0x80000000, kAddress)).ttl_min, 0u);
  EXPECT_EQ(view_of(reply().answer(kAtQuestion, type::kA, 0xffffffff, kAddress)).ttl_min, 0u);
  EXPECT_EQ(view_of(reply().answer(kAtQuestion, type::kA, 0x7fffffff, kAddress)).ttl_min,
            0x7fffffffu);
  EXPECT_EQ(view_of(reply()).ttl_min, UINT32_MAX) << "no records";
}

TEST(AnswerView, RefusesWhatIsNoResponse) {
  EXPECT_EQ(fault_of(MessageBuilder(kFlagRd).question(kName)), AnswerFault::NotAResponse);
  for (uint16_t opcode = 1; opcode < 16; ++opcode) {
    const auto flags = static_cast<uint16_t>(kReply | opcode << kOpcodeShift);
    EXPECT_EQ(fault_of(MessageBuilder(flags).question(kName)), AnswerFault::NotAResponse);
  }
}

TEST(AnswerView, ComparesTheQuestionIgnoringCase) {
  const MessageBuilder message = reply();
  auto fault = [&message](const Octets& name, uint16_t type, uint16_t klass) {
    return view_answer(message, {name, type, klass}).fault;
  };
  EXPECT_EQ(fault(wire("wWw.eXample"), type::kA, 1), AnswerFault::None);
  EXPECT_EQ(fault(wire("www.examples"), type::kA, 1), AnswerFault::WrongQuestion);
  EXPECT_EQ(fault(wire("xww.example"), type::kA, 1), AnswerFault::WrongQuestion);
  EXPECT_EQ(fault(kName, type::kAaaa, 1), AnswerFault::WrongQuestion);
  EXPECT_EQ(fault(kName, type::kA, 3), AnswerFault::WrongQuestion);
}

TEST(AnswerView, WithoutQuestionNothingIsAccepted) {
  const AnswerView refused =
      view_of(MessageBuilder(kReply | rcode::kFormErr).opt({}, 1232, 0x00008000));
  EXPECT_EQ(refused.fault, AnswerFault::WithoutQuestion);
  EXPECT_EQ(refused.rcode, rcode::kFormErr);
  EXPECT_EQ(fault_of(MessageBuilder(kReply).answer(wire("a"), type::kA, 1, kAddress)),
            AnswerFault::WrongQuestion);
}

TEST(AnswerView, MoreThanOneQuestionIsMalformed) {
  EXPECT_EQ(fault_of(reply().question(kName)), AnswerFault::Malformed);
  EXPECT_EQ(fault_of(reply().count(4, 1)), AnswerFault::Malformed);
}

TEST(AnswerView, ACompressedQuestionIsMalformed) {
  EXPECT_EQ(fault_of(MessageBuilder(kReply).question(kAtQuestion)), AnswerFault::Malformed);
}

TEST(AnswerView, MoreThanOneOptIsMalformed) {
  EXPECT_EQ(fault_of(reply().opt().opt()), AnswerFault::Malformed);
}

TEST(AnswerView, TheOwnerOfOptIsTheRootAndItsPlaceTheAdditionalSection) {
  EXPECT_EQ(fault_of(reply().additional(kAtQuestion, type::kOpt, 0, {})), AnswerFault::Malformed);
  EXPECT_EQ(fault_of(reply().answer({0}, type::kOpt, 0, {})), AnswerFault::Malformed);
  EXPECT_EQ(fault_of(reply().authority({0}, type::kOpt, 0, {})), AnswerFault::Malformed);
}

TEST(AnswerView, ImpossibleOptionsAreMalformed) {
  EXPECT_EQ(fault_of(reply().opt(option_octets(option::kTcpKeepalive, {1}))),
            AnswerFault::Malformed);
}

TEST(AnswerView, OctetsBehindTheLastRecordAreMalformed) {
  EXPECT_EQ(fault_of(reply().answer(kAtQuestion, type::kA, 1, kAddress).raw({0})),
            AnswerFault::Malformed);
}

TEST(AnswerView, CountsThatNothingBacksAreMalformed) {
  for (const size_t offset : {6u, 8u, 10u}) {
    EXPECT_EQ(fault_of(reply().count(offset, 1)), AnswerFault::Malformed);
    EXPECT_EQ(fault_of(reply().count(offset, 65535)), AnswerFault::Malformed);
  }
}

TEST(AnswerView, OwnersAreFollowedToTheirEnd) {
  // The pointer itself goes backwards, but what it points to does not end.
  const Octets owner = {0xc0, kHeaderSize + 1};  // inside "www": 'w' is no length
  EXPECT_EQ(fault_of(reply().answer(owner, type::kA, 1, kAddress)), AnswerFault::Malformed);
  EXPECT_EQ(fault_of(reply().answer({0xc0, 0}, type::kA, 1, kAddress)), AnswerFault::Malformed);
}

TEST(AnswerView, NoOwnerIsMadeOfItsOwnRecord) {
  // Found by fuzzing: the owner points to the type of the question, which read as labels leads
  // through the owner itself and its record to the root of OPT; when OPT is cut off, the name has
  // no end.
  const MessageBuilder message = MessageBuilder(kReply)
                                     .question(".", type::kA)
                                     .answer({0xc0, 0x0e}, type::kA, 300, {0xc0, 0, 2, 1})
                                     .opt();
  EXPECT_EQ(fault_of(message), AnswerFault::Malformed);
}

TEST(AnswerView, NoNameHasAnOctetOfATtl) {
  // Found by fuzzing: the second owner ends in the root that is the last octet of the first TTL; as
  // the answer ages, that becomes the length of a label.
  const uint8_t ttl_offset = kHeaderSize + 13 + 4 + 2 + 4;
  const auto message = [&](unsigned offset, uint32_t ttl) {
    const Octets owner = {1, 'b', 0xc0, static_cast<uint8_t>(offset)};
    return reply()
        .answer(kAtQuestion, type::kA, ttl, kAddress)
        .answer(owner, type::kA, 300, kAddress);
  };
  EXPECT_EQ(fault_of(message(ttl_offset + 3, 0x100)), AnswerFault::Malformed);
  EXPECT_EQ(fault_of(message(ttl_offset, 0x100)), AnswerFault::Malformed);
  // The same octets as the text of a label: the class before and the length behind it are outside.
  EXPECT_EQ(fault_of(message(ttl_offset - 1, 0x100)), AnswerFault::Malformed);
  EXPECT_EQ(fault_of(message(ttl_offset + 4, 0x100)), AnswerFault::None);
  EXPECT_EQ(fault_of(message(ttl_offset - 2, 0x100)), AnswerFault::None);
  // In RDATA it may be the record's own.
  EXPECT_EQ(fault_of(reply().answer(kAtQuestion, type::kNs, 0x100, {0xc0, ttl_offset})),
            AnswerFault::Malformed);
  EXPECT_EQ(fault_of(reply().answer(kAtQuestion, type::kNs, 0x100, {0xc0, ttl_offset - 2})),
            AnswerFault::None);
}

TEST(AnswerView, BoundsTheNumberOfRecords) {
  MessageBuilder message = reply();
  Octets records;
  const Octets one = MessageBuilder::record({0}, type::kA, kClassIn, 1, kAddress);
  for (size_t i = 0; i < AnswerView::kRecordsMax; ++i) {
    records.insert(records.end(), one.begin(), one.end());
  }
  message.raw(records).count(6, AnswerView::kRecordsMax);
  EXPECT_EQ(view_of(message).record_count, AnswerView::kRecordsMax);
  EXPECT_EQ(fault_of(message), AnswerFault::None);
  EXPECT_EQ(fault_of(message.answer({0}, type::kA, 1, kAddress)), AnswerFault::Malformed);
}

TEST(AnswerView, BoundsTheSizeOfTheMessage) {
  const size_t before = reply().octets().size() + 12;
  const Octets most(kMessageSizeMax - before, 7);
  EXPECT_EQ(fault_with_rdata(65280, most), AnswerFault::None);
  EXPECT_EQ(fault_with_rdata(65280, most + Octets{7}), AnswerFault::Malformed);
}

TEST(AnswerView, EveryPrefixOfAnAnswerIsMalformed) {
  const Octets whole = reply()
                           .answer(kAtQuestion, type::kMx, 300, be16(10) + wire("mx.example"))
                           .answer(kAtQuestion, type::kTxt, 300, {3, 'a', 'b', 'c', 1, 'd'})
                           .authority(wire("example"), type::kSoa, 400, soa_rdata(5))
                           .additional(kAtQuestion, 33, 500, Octets(6, 0) + kAtQuestion)
                           .opt(option_octets(option::kPadding, Octets(20, 0)))
                           .octets();
  ASSERT_EQ(view_answer(whole, {}).fault, AnswerFault::None);
  for (size_t size = 0; size < whole.size(); ++size) {
    const Octets prefix(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(view_answer(prefix, {}).fault, AnswerFault::Malformed) << size;
  }
}

TEST(AnswerView, TtlsAreFoundInEverySectionButNotInOpt) {
  const MessageBuilder message = reply()
                                     .answer(kAtQuestion, type::kA, 11, kAddress)
                                     .authority(wire("example"), type::kSoa, 12, soa_rdata(5))
                                     .opt({}, 1232, 0x8000)
                                     .additional(kAtQuestion, type::kTxt, 13, {0});
  ASSERT_EQ(fault_of(message), AnswerFault::None);
  std::vector<std::pair<uint32_t, uint16_t>> seen;
  for_each_ttl(message, [&](size_t offset, uint16_t type) {
    seen.emplace_back(load_be32(message.octets().data() + offset), type);
  });
  const std::vector<std::pair<uint32_t, uint16_t>> wanted = {
      {11, type::kA}, {12, type::kSoa}, {13, type::kTxt}};
  EXPECT_EQ(seen, wanted);
}

// ---------------------------------------------------------------------------------------------------------
// RDATA

struct SoundRdata {
  unsigned type;
  Octets rdata;
};

TEST(Rdata, EveryCutAndEveryExtraOctetIsMalformed) {
  const Octets name = wire("a.example");
  const std::vector<SoundRdata> samples = {
      {type::kA, kAddress},
      {type::kAaaa, Octets(16, 1)},
      {type::kNs, name},
      {3, name},
      {4, name},
      {type::kCname, name},
      {7, name},
      {8, name},
      {9, name},
      {type::kPtr, name},
      {39, name},
      {type::kSoa, soa_rdata(3)},
      {type::kHinfo, {1, 'x', 2, 'y', 'z'}},
      {14, name + name},
      {17, name + name},
      {type::kMx, be16(1) + name},
      {18, be16(1) + name},
      {21, be16(1) + name},
      {36, be16(1) + name},
      {26, be16(1) + name + name},
      {33, Octets(6, 0) + name},
      {35, Octets(4, 0) + Octets{1, 'u', 0, 2, 'r', 'e'} + name},
  };
  for (const SoundRdata& sample : samples) {
    EXPECT_TRUE(sound(sample.type, sample.rdata)) << sample.type;
    EXPECT_FALSE(sound(sample.type, sample.rdata + Octets{0})) << sample.type;
    for (size_t size = 0; size < sample.rdata.size(); ++size) {
      const Octets cut(sample.rdata.begin(), sample.rdata.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_FALSE(sound(sample.type, cut)) << sample.type << " cut to " << size;
    }
  }
}

TEST(Rdata, NamesMayBeCompressedAndMustEnd) {
  EXPECT_TRUE(sound(type::kNs, kAtQuestion));
  EXPECT_TRUE(sound(type::kMx, be16(5) + Octets{2, 'm', 'x'} + kAtQuestion));
  EXPECT_FALSE(sound(type::kNs, {0xc0, 0x0d + 1}));
  EXPECT_FALSE(sound(type::kNs, {0xff, 0xff}));
  EXPECT_FALSE(sound(type::kNs, {0xc0, 0}));
}

TEST(Rdata, NamesEndInsideTheirRdata) {
  // The owner of the next record would complete the name.
  EXPECT_EQ(
      fault_of(
          reply().answer(kAtQuestion, type::kNs, 1, {1, 'a'}).answer({0}, type::kA, 1, kAddress)),
      AnswerFault::Malformed);
}

TEST(Rdata, StringsFillTheRdata) {
  EXPECT_TRUE(sound(type::kTxt, {0}));
  EXPECT_TRUE(sound(type::kTxt, {1, 'a', 0, 2, 'b', 'c'}));
  EXPECT_FALSE(sound(type::kTxt, {2, 'a'}));
  EXPECT_FALSE(sound(type::kTxt, {1, 'a', 1}));
}

TEST(Rdata, NxtHasANameAndWhatever) {
  EXPECT_TRUE(sound(30, wire("a") + Octets(9, 9)));
  EXPECT_FALSE(sound(30, {1}));
}

TEST(Rdata, OtherTypesAreOpaque) {
  for (const unsigned type : {0u, 10u, 46u, 47u, 48u, 64u, 257u, 65280u}) {
    EXPECT_TRUE(sound(type, {})) << type;
    EXPECT_TRUE(sound(type, {0xc0, 0xff, 0x40})) << type;
  }
}

TEST(Rdata, AddressesOfOtherClassesAreOpaque) {
  const MessageBuilder chaos =
      reply().raw(MessageBuilder::record(kAtQuestion, type::kA, 3, 1, {0, 0, 7})).count(6, 1);
  EXPECT_EQ(fault_of(chaos), AnswerFault::None);
}

}  // namespace
}  // namespace dotring::dns
