#include "engine/dns/stored_answer.h"

#include <gtest/gtest.h>

#include "test/engine/dns/message_builder.h"

namespace dotring::dns {
namespace {

MessageBuilder stored_reply(uint16_t flags = kReply) {
  return MessageBuilder(flags).question(wire("WwW.eXample"));
}

Octets stored(const MessageBuilder& message) {
  const AnswerView view = view_answer(message, {});
  EXPECT_EQ(view.fault, AnswerFault::None);
  Octets to(message.octets().size());
  to.resize(to_stored_form(message, view, to.data()));
  const AnswerView again = view_answer(to, {});
  EXPECT_EQ(again.fault, AnswerFault::None);
  EXPECT_FALSE(again.has_opt);
  return to;
}

std::vector<uint16_t> ttl_offsets(const Octets& message) {
  std::vector<uint16_t> offsets;
  for_each_ttl(message, [&](size_t at, uint16_t) { offsets.push_back(static_cast<uint16_t>(at)); });
  return offsets;
}

std::vector<uint32_t> ttls(const Octets& message) {
  std::vector<uint32_t> values;
  for (const uint16_t at : ttl_offsets(message)) values.push_back(load_be32(message.data() + at));
  return values;
}

using Ttls = std::vector<uint32_t>;

Octets aged(Octets message, uint32_t age_s, uint32_t floor_s = 0) {
  const std::vector<uint16_t> offsets = ttl_offsets(message);
  age_ttls(message, offsets.data(), offsets.size(), age_s, floor_s);
  return message;
}

TEST(StoredForm, HasNoIdNoTruncationNoOptAndALowerCaseQuestion) {
  const MessageBuilder message = stored_reply(kReply | kFlagTc | kFlagAd | rcode::kNxDomain)
                                     .answer(kAtQuestion, type::kA, 60, kAddress)
                                     .additional(wire("Ns"), type::kA, 70, kAddress)
                                     .opt();
  const Octets wanted = MessageBuilder(kReply | kFlagAd | rcode::kNxDomain, 0)
                            .question(wire("www.example"))
                            .answer(kAtQuestion, type::kA, 60, kAddress)
                            .additional(wire("Ns"), type::kA, 70, kAddress)
                            .octets();
  EXPECT_EQ(stored(message), wanted);
}

TEST(StoredForm, HasTheExtendedErrorWhereTheIdWas) {
  const MessageBuilder blocked = stored_reply(kReply | rcode::kNxDomain).opt({0, 15, 0, 2, 1, 15});
  EXPECT_EQ(stored_extended_error(stored(blocked)), 0x010f);
  const MessageBuilder silent = stored_reply(kReply | rcode::kNxDomain).opt();
  EXPECT_EQ(stored_extended_error(stored(silent)), std::nullopt);
  Octets message = stored(blocked);
  set_stored_extended_error(message.data(), std::nullopt);
  EXPECT_EQ(message, stored(silent));
}

TEST(StoredForm, OfAMessageWithoutOptKeepsEverything) {
  const MessageBuilder message = stored_reply().additional(wire("ns"), type::kA, 70, kAddress);
  EXPECT_EQ(stored(message).size(), message.octets().size());
}

TEST(StoredForm, RecordsBehindOptAreCutWithIt) {
  const MessageBuilder message = stored_reply()
                                     .additional(wire("a"), type::kA, 1, kAddress)
                                     .opt()
                                     .additional(wire("b"), type::kA, 2, kAddress);
  const Octets octets = stored(message);
  EXPECT_EQ(read_header(octets).additional_count, 1);
  EXPECT_EQ(ttls(octets), Ttls{1});
}

TEST(StoredForm, OfTheStoredFormIsTheSame) {
  const MessageBuilder message = stored_reply().answer(kAtQuestion, type::kA, 60, kAddress).opt();
  const Octets once = stored(message);
  Octets twice(once.size());
  twice.resize(to_stored_form(once, view_answer(once, {}), twice.data()));
  EXPECT_EQ(twice, once);
}

TEST(Ttls, AgeDownToTheFloorInAllSections) {
  const Octets message = stored_reply()
                             .answer(kAtQuestion, type::kA, 300, kAddress)
                             .authority(wire("ns"), type::kNs, 60, wire("ns"))
                             .additional(wire("ns"), type::kA, 10, kAddress)
                             .octets();
  EXPECT_EQ(ttls(aged(message, 0)), (Ttls{300, 60, 10}));
  EXPECT_EQ(ttls(aged(message, 10)), (Ttls{290, 50, 0}));
  EXPECT_EQ(ttls(aged(message, 100)), (Ttls{200, 0, 0}));
  EXPECT_EQ(ttls(aged(message, UINT32_MAX)), (Ttls{0, 0, 0}));
  EXPECT_EQ(ttls(aged(message, 100, 5)), (Ttls{200, 5, 5}));
}

TEST(Ttls, AgeingTouchesNothingElse) {
  const Octets message =
      stored_reply().answer(kAtQuestion, type::kA, 0x01020304, kAddress).octets();
  const Octets wanted = stored_reply().answer(kAtQuestion, type::kA, 0x01020303, kAddress).octets();
  EXPECT_EQ(aged(message, 1), wanted);
}

TEST(Ttls, ValuesThatLookNegativeAgeAsZero) {
  const Octets message = stored_reply()
                             .answer(kAtQuestion, type::kA, 0x80000000, kAddress)
                             .answer(kAtQuestion, type::kA, 0xffffffff, kAddress)
                             .answer(kAtQuestion, type::kA, 0x7fffffff, kAddress)
                             .octets();
  EXPECT_EQ(ttls(aged(message, 0)), (Ttls{0, 0, 0x7fffffff}));
  EXPECT_EQ(ttls(aged(message, 1)), (Ttls{0, 0, 0x7ffffffe}));
}

TEST(Ttls, AreSetForStaleAnswers) {
  Octets message = stored_reply()
                       .answer(kAtQuestion, type::kA, 0x80000000, kAddress)
                       .additional(kAtQuestion, type::kTxt, 1, {0})
                       .octets();
  const std::vector<uint16_t> offsets = ttl_offsets(message);
  set_ttls(message, offsets.data(), offsets.size(), 30);
  EXPECT_EQ(ttls(message), (Ttls{30, 30}));
}

TEST(Ttls, ReachTheEndOfTheLargestMessage) {
  MessageBuilder message = stored_reply();
  const size_t rest = kMessageSizeMax - message.octets().size() - 12 - 11;
  message.answer(kAtQuestion, 65280, 5, Octets(rest, 1)).answer({0}, 65280, 7, {});
  ASSERT_EQ(message.octets().size(), kMessageSizeMax);
  EXPECT_EQ(ttls(aged(stored(message), 2)), (Ttls{3, 5}));
}

}  // namespace
}  // namespace dotring::dns
