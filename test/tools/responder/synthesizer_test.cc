#include "tools/responder/synthesizer.h"

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <memory>

#include "engine/dns/answer_view.h"

namespace dotring::responder {
namespace {

using Octets = std::vector<uint8_t>;

struct Packet {
  explicit Packet(const Octets& message) {
    status = ldns_wire2pkt(&packet, message.data(), message.size());
  }
  ~Packet() { ldns_pkt_free(packet); }
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;

  ldns_pkt* packet = nullptr;
  ldns_status status = LDNS_STATUS_OK;
};

/// What a client sends.
struct Asked {
  std::string name = "www.example.com.";
  uint16_t type = dns::type::kA;
  uint16_t klass = dns::kClassIn;
  uint16_t flags = dns::kFlagRd;
  bool edns = true;
  dns::OptFields opt = {};

  Octets message() const {
    Octets room(1024);
    Writer writer(room);
    const uint16_t additional = edns ? 1 : 0;
    dns::write_header(
        {.id = 0x1234, .flags = flags, .question_count = 1, .additional_count = additional},
        room.data());
    writer.zeros(dns::kHeaderSize);
    dns::write_header(
        {.id = 0x1234, .flags = flags, .question_count = 1, .additional_count = additional},
        room.data());
    writer.bytes(dns::name_from_text(name)->wire());
    writer.u16(type);
    writer.u16(klass);
    if (edns) dns::write_opt(writer, opt);
    room.resize(writer.offset());
    return room;
  }
};

ReplyForm udp(size_t size_max = 1232) {
  ReplyForm form;
  form.datagram = true;
  form.size_max = size_max;
  return form;
}

ReplyForm tcp() {
  ReplyForm form;
  form.size_max = dns::kMessageSizeMax;
  return form;
}

Behaviour behaviour(std::string_view text) {
  Behaviour parsed;
  EXPECT_EQ(parse_behaviour(text, parsed), std::nullopt);
  return parsed;
}

/// Every reply in these tests must be one that both ldns and the engine's own checks accept.
Octets reply_to(const Asked& asked, const Behaviour& how = {}, const ReplyForm& form = tcp()) {
  const Octets query = asked.message();
  const dns::QueryView view = dns::view_query(query);
  EXPECT_EQ(view.verdict, dns::QueryVerdict::Accept);
  Octets room(reply_room(view, how, form));
  EXPECT_LE(room.size(), form.size_max);
  const size_t size = synthesize(view, how, form, room);
  EXPECT_GT(size, 0u);
  room.resize(size);
  EXPECT_EQ(Packet(room).status, LDNS_STATUS_OK);
  EXPECT_EQ(dns::view_answer(room, view.question).fault, dns::AnswerFault::None);
  EXPECT_EQ(dns::read_header(room).id, 0x1234);
  return room;
}

dns::AnswerView view_of(const Octets& reply) {
  return dns::view_answer(reply, {});
}

std::string first_answer(const Octets& reply) {
  const Packet parsed(reply);
  const ldns_rr_list* answers = ldns_pkt_answer(parsed.packet);
  if (ldns_rr_list_rr_count(answers) == 0) return "";
  char* text = ldns_rr2str(ldns_rr_list_rr(answers, 0));
  std::string line(text);
  LDNS_FREE(text);
  if (line.ends_with('\n')) line.pop_back();
  return line;
}

TEST(Synthesizer, AnAddressIsMadeOfTheNameIgnoringCase) {
  const std::string answer = first_answer(reply_to({}));
  EXPECT_EQ(answer.rfind("www.example.com.\t300\tIN\tA\t198.1", 0), 0u) << answer;
  EXPECT_EQ(first_answer(reply_to({.name = "WWW.Example.com."})).substr(16), answer.substr(16));
  EXPECT_NE(first_answer(reply_to({.name = "www2.example.com."})), answer);
}

TEST(Synthesizer, ManyTypesHaveAnAnswerThatLdnsReads) {
  for (const uint16_t type :
       std::initializer_list<uint16_t>{1, 28, 16, 2, 12, 15, 33, 64, 65, 6, 255, 300, 65280}) {
    for (const char* name : {".", "a.", "www.example.com."}) {
      const Octets reply = reply_to({.name = name, .type = type});
      EXPECT_EQ(dns::read_header(reply).answer_count, 1) << type;
      EXPECT_EQ(view_of(reply).rcode, 0) << type;
    }
  }
}

TEST(Synthesizer, TheLongestNameIsAnswered) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b') + ".";
  for (const uint16_t type : std::initializer_list<uint16_t>{1, 2, 15, 33, 16, 13})
    reply_to({.name = name, .type = type});
  reply_to({.name = name}, behaviour("rcode=nxdomain"));
}

TEST(Synthesizer, TypesWithoutDataAreNegativeWithSoa) {
  const dns::AnswerView view = view_of(reply_to({.type = 48}));
  EXPECT_EQ(view.header.answer_count, 0);
  EXPECT_TRUE(view.negative() && view.has_soa);
}

TEST(Synthesizer, NegativeAnswersHaveTheSoaOfTheParent) {
  for (const char* text : {"rcode=nxdomain,ttl=60", "nodata,ttl=60"}) {
    const Octets reply = reply_to({}, behaviour(text));
    EXPECT_TRUE(view_of(reply).negative());
    EXPECT_EQ(view_of(reply).negative_ttl, 60u);
    const Packet parsed(reply);
    char* owner =
        ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_authority(parsed.packet), 0)));
    EXPECT_STREQ(owner, "example.com.");
    LDNS_FREE(owner);
  }
  EXPECT_FALSE(view_of(reply_to({}, behaviour("nodata,no-soa"))).has_soa);
}

TEST(Synthesizer, TtlAndRcodeAreAsTold) {
  EXPECT_EQ(view_of(reply_to({}, behaviour("ttl=77"))).ttl_min, 77u);
  EXPECT_EQ(view_of(reply_to({}, behaviour("rcode=servfail"))).rcode, 2);
  EXPECT_EQ(view_of(reply_to({}, behaviour("rcode=refused"))).rcode, 5);
  EXPECT_EQ(view_of(reply_to({}, behaviour("rcode=23"))).rcode, 23);
}

TEST(Synthesizer, AnswersGrowToTheSizeThatIsWanted) {
  for (const size_t size : std::initializer_list<size_t>{200, 512, 1232, 4096, 30000, 65535}) {
    const Behaviour grown = behaviour("size=" + std::to_string(size));
    EXPECT_EQ(reply_to({.type = dns::type::kTxt}, grown).size(), size);
    for (const uint16_t type : std::initializer_list<uint16_t>{dns::type::kA, dns::type::kAaaa}) {
      const size_t got = reply_to({.type = type}, grown).size();
      EXPECT_LE(got, size);
      EXPECT_GT(got + 28, size);
    }
  }
  EXPECT_EQ(dns::read_header(reply_to({}, behaviour("records=5"))).answer_count, 5);
}

TEST(Synthesizer, WhatDoesNotFitADatagramIsTruncated) {
  const Octets reply = reply_to({}, behaviour("size=2000"), udp(1232));
  EXPECT_TRUE(dns::read_header(reply).has(dns::kFlagTc));
  EXPECT_EQ(dns::read_header(reply).answer_count, 0);
  EXPECT_TRUE(view_of(reply).has_opt);
  EXPECT_FALSE(dns::read_header(reply_to({}, behaviour("size=1200"), udp(1232))).has(dns::kFlagTc));
}

TEST(Synthesizer, TruncateIsForDatagramsOnly) {
  EXPECT_TRUE(dns::read_header(reply_to({}, behaviour("truncate"), udp())).has(dns::kFlagTc));
  EXPECT_FALSE(dns::read_header(reply_to({}, behaviour("truncate"), tcp())).has(dns::kFlagTc));
}

TEST(Synthesizer, OptIsThereIfAndOnlyIfItWasAsked) {
  EXPECT_TRUE(view_of(reply_to({})).has_opt);
  EXPECT_FALSE(view_of(reply_to({.edns = false})).has_opt);
  EXPECT_FALSE(view_of(reply_to({}, behaviour("no-edns"))).has_opt);
  Asked with_do;
  with_do.opt.dnssec_ok = true;
  EXPECT_TRUE(view_of(reply_to(with_do)).edns.dnssec_ok);
  EXPECT_FALSE(view_of(reply_to({})).edns.dnssec_ok);
  EXPECT_EQ(
      view_of(reply_to({}, behaviour("rcode=servfail,extended-error=22"))).edns.extended_error, 22);
}

TEST(Synthesizer, FlagsOfTheQueryComeBack) {
  const auto flags = [](uint16_t asked) {
    return dns::read_header(reply_to({.flags = asked})).flags;
  };
  EXPECT_EQ(flags(dns::kFlagRd | dns::kFlagCd),
            dns::kFlagQr | dns::kFlagRa | dns::kFlagRd | dns::kFlagCd);
  EXPECT_EQ(flags(0), dns::kFlagQr | dns::kFlagRa);
}

TEST(Synthesizer, PadsToAMultipleAndTellsTheTimeout) {
  ReplyForm form = tcp();
  form.pad_to_multiple = 468;
  form.keepalive_100ms = 100;
  const Octets reply = reply_to({}, {}, form);
  EXPECT_EQ(reply.size() % 468, 0u);
  EXPECT_TRUE(view_of(reply).edns.padding);
  EXPECT_EQ(view_of(reply).edns.keepalive_100ms, 100);
}

TEST(Synthesizer, AnyClassIsAnsweredInClassIn) {
  const std::string answer = first_answer(reply_to({.klass = 255}));
  EXPECT_NE(answer.find("\tIN\t"), std::string::npos) << answer;
}

TEST(Synthesizer, WhatIsNotAQueryGetsItsRcode) {
  Octets room(512);
  const auto rcode_of = [&](const Octets& query) {
    const size_t size = synthesize(dns::view_query(query), {}, udp(), room);
    EXPECT_GE(size, dns::kHeaderSize);
    return dns::read_header(room).rcode();
  };
  Octets trailing = Asked().message();
  trailing.push_back(0);
  EXPECT_EQ(rcode_of(trailing), dns::rcode::kFormErr);
  EXPECT_EQ(rcode_of(Asked{.flags = 5 << dns::kOpcodeShift}.message()), dns::rcode::kNotImp);
}

}  // namespace
}  // namespace dotring::responder
