// ldns as the second opinion: what it writes we accept and read alike, what we write it reads
// alike, and what it refuses we refuse, but for what answer_view.h says is opaque.

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>

#include "engine/dns/message_view.h"
#include "engine/dns/message_writer.h"
#include "engine/dns/stored_answer.h"
#include "test/engine/dns/ldns_messages.h"

namespace dotring::dns {
namespace {

constexpr int kRounds = 3000;

struct RecordsSeen {
  uint32_t count = 0;
  uint32_t ttl_min = UINT32_MAX;
};

RecordsSeen seen_by_ldns(const ldns_pkt& packet) {
  RecordsSeen seen;
  for (const ldns_rr_list* section :
       {ldns_pkt_answer(&packet), ldns_pkt_authority(&packet), ldns_pkt_additional(&packet)}) {
    for (size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
      const uint32_t ttl = ldns_rr_ttl(ldns_rr_list_rr(section, i));
      seen.ttl_min = std::min(seen.ttl_min, ttl > 0x7fffffff ? 0 : ttl);
      ++seen.count;
    }
  }
  return seen;
}

Octets option_of(ldns_pkt& packet, uint16_t code) {
  ldns_edns_option_list* options = ldns_pkt_edns_get_option_list(&packet);
  for (size_t i = 0; options && i < ldns_edns_option_list_get_count(options); ++i) {
    const ldns_edns_option* option = ldns_edns_option_list_get_option(options, i);
    if (ldns_edns_get_code(option) != code) continue;
    const uint8_t* data = ldns_edns_get_data(option);
    return {data, data + ldns_edns_get_size(option)};
  }
  return {};
}

void expect_same_edns(ldns_pkt& packet, bool has_opt, const Edns& edns) {
  EXPECT_EQ(has_opt, ldns_pkt_edns(&packet));
  if (!has_opt) return;
  EXPECT_EQ(edns.udp_size, std::max<uint16_t>(ldns_pkt_edns_udp_size(&packet), 512));
  EXPECT_EQ(edns.dnssec_ok, ldns_pkt_edns_do(&packet));
  EXPECT_EQ(edns.version, ldns_pkt_edns_version(&packet));
  EXPECT_EQ(edns.extended_rcode, ldns_pkt_edns_extended_rcode(&packet));
  EXPECT_EQ(Octets(edns.cookie.begin(), edns.cookie.end()), option_of(packet, option::kCookie));
  const Octets keepalive = option_of(packet, option::kTcpKeepalive);
  EXPECT_EQ(edns.keepalive_100ms.value_or(0), keepalive.empty() ? 0 : load_be16(keepalive.data()));
  const Octets error = option_of(packet, option::kExtendedError);
  EXPECT_EQ(edns.extended_error.value_or(0), error.empty() ? 0 : load_be16(error.data()));
}

void expect_same_question(const ldns_pkt& packet, const Question& question) {
  const ldns_rr* asked = ldns_rr_list_rr(ldns_pkt_question(&packet), 0);
  const ldns_rdf* owner = ldns_rr_owner(asked);
  EXPECT_TRUE(equal(question.name, {ldns_rdf_data(owner), ldns_rdf_size(owner)}));
  EXPECT_EQ(question.type, ldns_rr_get_type(asked));
  EXPECT_EQ(question.klass, ldns_rr_get_class(asked));
}

// Same names (ignoring case), types, classes and RDATA, in the same order; TTLs lower by `age_s`.
void expect_same_section(const ldns_rr_list* a, const ldns_rr_list* b, uint32_t age_s) {
  ASSERT_EQ(ldns_rr_list_rr_count(a), ldns_rr_list_rr_count(b));
  for (size_t i = 0; i < ldns_rr_list_rr_count(a); ++i) {
    const ldns_rr* before = ldns_rr_list_rr(a, i);
    const ldns_rr* after = ldns_rr_list_rr(b, i);
    EXPECT_EQ(ldns_rr_compare(before, after), 0);
    const uint32_t ttl = ldns_rr_ttl(before) > 0x7fffffff ? 0 : ldns_rr_ttl(before);
    EXPECT_EQ(ldns_rr_ttl(after), ttl > age_s ? ttl - age_s : 0);
  }
}

TEST(Ldns, ItsQueriesAreAcceptedAndReadAlike) {
  Random random({11, 12});
  LdnsMessages messages(random, LdnsMessages::Types::All);
  for (int round = 0; round < kRounds; ++round) {
    const Octets wire = write_with_ldns(messages.query().get());
    const Packet packet = parse_with_ldns(wire);
    ASSERT_TRUE(packet);
    const QueryView view = view_query(wire);
    ASSERT_EQ(view.verdict, QueryVerdict::Accept);
    EXPECT_EQ(view.header.id, ldns_pkt_id(packet.get()));
    EXPECT_EQ(view.header.has(kFlagRd), ldns_pkt_rd(packet.get()));
    EXPECT_EQ(view.header.has(kFlagCd), ldns_pkt_cd(packet.get()));
    EXPECT_EQ(view.header.has(kFlagAd), ldns_pkt_ad(packet.get()));
    expect_same_question(*packet, view.question);
    expect_same_edns(*packet, view.has_opt, view.edns);
  }
}

TEST(Ldns, ItsAnswersAreAcceptedAndReadAlike) {
  Random random({13, 14});
  LdnsMessages messages(random, LdnsMessages::Types::All);
  size_t largest = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Octets wire = write_with_ldns(messages.answer().get());
    const Packet packet = parse_with_ldns(wire);
    ASSERT_TRUE(packet);
    const AnswerView view = view_answer(wire, {});
    ASSERT_EQ(view.fault, AnswerFault::None);
    EXPECT_EQ(view.header.answer_count, ldns_pkt_ancount(packet.get()));
    EXPECT_EQ(view.rcode, ldns_pkt_get_rcode(packet.get()));
    const RecordsSeen seen = seen_by_ldns(*packet);
    EXPECT_EQ(view.record_count, seen.count);
    EXPECT_EQ(view.ttl_min, seen.ttl_min);
    expect_same_question(*packet, view.question);
    expect_same_edns(*packet, view.has_opt, view.edns);
    largest = std::max(largest, wire.size());
  }
  EXPECT_GT(largest, 500u) << "the messages should be worth reading";
}

TEST(Ldns, ReadsTheSameSoa) {
  Random random({15, 16});
  LdnsMessages messages(random, LdnsMessages::Types::All);
  int with_soa = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Octets wire = write_with_ldns(messages.answer().get());
    const Packet packet = parse_with_ldns(wire);
    ASSERT_TRUE(packet);
    const AnswerView view = view_answer(wire, {});
    const ldns_rr_list* authority = ldns_pkt_authority(packet.get());
    const ldns_rr* soa = nullptr;
    for (size_t i = 0; i < ldns_rr_list_rr_count(authority) && !soa; ++i) {
      const ldns_rr* record = ldns_rr_list_rr(authority, i);
      if (ldns_rr_get_type(record) == LDNS_RR_TYPE_SOA) soa = record;
    }
    ASSERT_EQ(view.has_soa, soa != nullptr);
    if (!soa) continue;
    ++with_soa;
    const uint32_t ttl = ldns_rr_ttl(soa) > 0x7fffffff ? 0 : ldns_rr_ttl(soa);
    EXPECT_EQ(view.negative_ttl, std::min(ttl, ldns_rdf2native_int32(ldns_rr_rdf(soa, 6))));
  }
  EXPECT_GT(with_soa, kRounds / 10);
}

// The whole way of an answer: stored, aged, given to a client.
Octets reply_from(const Octets& answer, const QueryView& query, uint32_t age_s) {
  const AnswerView view = view_answer(answer, {});
  Octets room(answer.size() + 500);
  const size_t size = to_stored_form(answer, view, room.data());
  std::vector<uint16_t> offsets;
  for_each_ttl(Bytes(room).first(size),
               [&](size_t at, uint16_t) { offsets.push_back(static_cast<uint16_t>(at)); });
  age_ttls(room, offsets.data(), offsets.size(), age_s, 0);
  OptFields opt;
  opt.extended_error = extended_error::kStaleAnswer;
  room.resize(finish_stored_reply(query, size, opt, room));
  return room;
}

TEST(Ldns, ReadsStoredAndAgedAnswersAsTheSameRecords) {
  Random random({17, 18});
  LdnsMessages messages(random, LdnsMessages::Types::All);
  for (int round = 0; round < kRounds; ++round) {
    const Packet original = messages.answer();
    const Octets answer = write_with_ldns(original.get());
    Packet asked = messages.query();
    ldns_rr_list_deep_free(ldns_pkt_question(asked.get()));
    ldns_pkt_set_question(asked.get(), ldns_rr_list_clone(ldns_pkt_question(original.get())));
    const Octets query_wire = write_with_ldns(asked.get());
    const QueryView query = view_query(query_wire);
    const uint32_t age_s = random.below(100000);
    const Packet reply = parse_with_ldns(reply_from(answer, query, age_s));
    ASSERT_TRUE(reply);
    EXPECT_EQ(ldns_pkt_id(reply.get()), query.header.id);
    EXPECT_TRUE(ldns_pkt_qr(reply.get()));
    EXPECT_EQ(ldns_pkt_edns(reply.get()), query.has_opt);
    expect_same_question(*reply, query.question);
    for (auto* section : {ldns_pkt_answer, ldns_pkt_authority, ldns_pkt_additional}) {
      expect_same_section(section(original.get()), section(reply.get()), age_s);
    }
  }
}

TEST(Ldns, ReadsWhatTheWriterWrites) {
  Random random({19, 20});
  LdnsMessages messages(random, LdnsMessages::Types::All);
  for (int round = 0; round < kRounds; ++round) {
    const Octets wire = write_with_ldns(messages.query().get());
    const QueryView query = view_query(wire);
    const Octets cookie(16 + random.below(25), 7);
    OptFields opt;
    opt.cookie = cookie;
    opt.keepalive_100ms = static_cast<uint16_t>(random.below(65536));
    opt.pad_to_multiple = static_cast<uint16_t>(random.below(500));
    Octets room(1232);
    const auto rcode = static_cast<uint16_t>(random.below(query.has_opt ? 24 : 16));
    room.resize(random.below(4) == 0 ? write_truncated_reply(query, rcode & 15, opt, room)
                                     : write_error_reply(query, rcode, opt, room));
    const Packet reply = parse_with_ldns(room);
    ASSERT_TRUE(reply);
    const unsigned extended = ldns_pkt_edns_extended_rcode(reply.get());
    const unsigned whole = extended << 4 | unsigned{ldns_pkt_get_rcode(reply.get())};
    EXPECT_EQ(whole, ldns_pkt_tc(reply.get()) ? rcode & 15u : rcode);
    EXPECT_EQ(ldns_pkt_edns(reply.get()), query.has_opt);
    expect_same_question(*reply, query.question);
    if (!query.has_opt) continue;
    EXPECT_EQ(option_of(*reply, option::kCookie), cookie);
    EXPECT_EQ(option_of(*reply, option::kTcpKeepalive), be16(*opt.keepalive_100ms));
    EXPECT_EQ(room.size() % std::max<size_t>(opt.pad_to_multiple, 1), 0u);
  }
}

TEST(Ldns, ReadsUpstreamQueries) {
  Random random({21, 22});
  LdnsMessages messages(random, LdnsMessages::Types::All);
  for (int round = 0; round < kRounds; ++round) {
    const Octets wire = write_with_ldns(messages.query().get());
    const QuestionKey key(view_query(wire).question, static_cast<uint8_t>(random.below(8)), {1, 2});
    OptFields opt;
    opt.keepalive_empty = true;
    opt.pad_to_multiple = 128;
    Octets room(kUpstreamQuerySizeMax);
    room.resize(write_upstream_query(key, 77, opt, room));
    EXPECT_EQ(room.size() % 128, 0u);
    const Packet packet = parse_with_ldns(room);
    ASSERT_TRUE(packet);
    EXPECT_EQ(ldns_pkt_id(packet.get()), 77);
    expect_same_question(*packet, {key.name(), key.type(), key.klass()});
    EXPECT_EQ(ldns_pkt_edns_do(packet.get()), (key.bits() & QuestionKey::kDo) != 0);
    EXPECT_EQ(ldns_pkt_rd(packet.get()), (key.bits() & QuestionKey::kRd) != 0);
    EXPECT_EQ(ldns_pkt_cd(packet.get()), (key.bits() & QuestionKey::kCd) != 0);
  }
}

TEST(Ldns, ReadsTheMinimalAnyReply) {
  const MessageBuilder message = MessageBuilder().question("any.example", type::kAny).opt();
  Octets room(512);
  room.resize(write_minimal_any_reply(view_query(message), 3600, {}, room));
  const Packet reply = parse_with_ldns(room);
  ASSERT_TRUE(reply);
  char* text = ldns_rr2str(ldns_rr_list_rr(ldns_pkt_answer(reply.get()), 0));
  EXPECT_STREQ(text, "any.example.\t3600\tIN\tHINFO\t\"RFC8482\" \"\"\n");
  free(text);  // NOLINT: ldns takes it from malloc
}

// ---------------------------------------------------------------------------------------------------------
// Mutations

void mutate(Octets& message, Random& random) {
  for (uint32_t i = 0; i < 1 + random.below(3); ++i) {
    const auto size = static_cast<uint32_t>(message.size());
    const auto at = static_cast<ptrdiff_t>(random.below(size));
    switch (random.below(6)) {
      case 0:
        message.resize(static_cast<size_t>(at) + 1);
        break;
      case 1:
        message.erase(message.begin() + at);
        break;
      case 2:
        message.insert(message.begin() + at, static_cast<uint8_t>(random.below(256)));
        break;
      case 3:
        message[static_cast<size_t>(at)] = static_cast<uint8_t>(0xc0 | random.below(64));
        break;
      default:
        message[static_cast<size_t>(at)] ^= static_cast<uint8_t>(1u << random.below(8));
    }
    if (message.empty()) message.push_back(0);
  }
}

// Whether ldns looks into the RDATA of a record although it is opaque to us: a type outside
// rdata.h.
bool has_opaque_record(const Octets& message) {
  static const std::vector<uint16_t> kLookedInto = {1,  2,  3,  4,  5,  6,  7,  8,  9,  12, 13, 14,
                                                    15, 16, 17, 18, 21, 26, 28, 30, 33, 35, 36, 39};
  bool opaque = false;
  for_each_ttl(message, [&](size_t ttl_offset, uint16_t type) {
    const uint16_t klass = load_be16(message.data() + ttl_offset - 2);
    const bool known_to_ldns = ldns_rr_descript(type)->_name != nullptr;
    const bool looked_into =
        std::find(kLookedInto.begin(), kLookedInto.end(), type) != kLookedInto.end();
    if (known_to_ldns && (!looked_into || (type == type::kA && klass != kClassIn))) opaque = true;
  });
  return opaque;
}

struct Agreement {
  int refused_by_both = 0;
  int accepted_by_both = 0;
};

// Records other than OPT in a query are walked over, not looked into.
bool has_other_record(const Octets& message) {
  bool other = false;
  for_each_ttl(message, [&other](size_t, uint16_t) { other = true; });
  return other;
}

// Compares verdicts on mutated messages; fails where we accept what ldns refuses, unless `excused`.
Agreement compare_verdicts(Random& random, Packet (LdnsMessages::*make)(),
                           bool (*accepts)(Bytes message), bool (*excused)(const Octets& message)) {
  LdnsMessages messages(random, LdnsMessages::Types::LookedInto);
  Agreement agreement;
  Octets whole;
  for (int round = 0; round < 20 * kRounds; ++round) {
    // ldns takes far longer to write a message than both take to read it: each is broken several
    // times.
    if (round % 10 == 0) whole = write_with_ldns((messages.*make)().get());
    Octets wire = whole;
    mutate(wire, random);
    const bool accepted = accepts(wire);
    ldns_pkt* packet = nullptr;
    const ldns_status status = ldns_wire2pkt(&packet, wire.data(), wire.size());
    ldns_pkt_free(packet);
    agreement.refused_by_both += !accepted && status != LDNS_STATUS_OK;
    agreement.accepted_by_both += accepted && status == LDNS_STATUS_OK;
    if (!accepted || status == LDNS_STATUS_OK || excused(wire)) continue;
    ADD_FAILURE() << "round " << round << ": " << ldns_get_errorstr_by_id(status);
  }
  return agreement;
}

TEST(Ldns, AnswersItRefusesAreNotAccepted) {
  Random random({23, 24});
  const auto accepts = [](Bytes message) {
    return view_answer(message, {}).fault == AnswerFault::None;
  };
  const Agreement agreement =
      compare_verdicts(random, &LdnsMessages::answer, accepts, has_opaque_record);
  EXPECT_GT(agreement.refused_by_both, kRounds);
  EXPECT_GT(agreement.accepted_by_both, kRounds);
}

TEST(Ldns, QueriesItRefusesAreNotAccepted) {
  Random random({25, 26});
  const auto accepts = [](Bytes message) {
    return view_query(message).verdict == QueryVerdict::Accept;
  };
  const Agreement agreement =
      compare_verdicts(random, &LdnsMessages::query, accepts, has_other_record);
  EXPECT_GT(agreement.refused_by_both, kRounds);
  EXPECT_GT(agreement.accepted_by_both, kRounds);
}

}  // namespace
}  // namespace dotring::dns
