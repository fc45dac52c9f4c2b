#include "engine/query/asker.h"

#include "test/engine/query/fakes.h"

namespace dotring::query {
namespace {

Octets lower_of(const Octets& name) {
  Octets lower(name.size());
  dns::copy_lower(name, lower.data());
  return lower;
}

TEST(AskedCase, PutsBackTheCaseOfNamesOfEachSize) {
  std::string text;
  for (int labels = 0; labels < 127; ++labels) {
    const Octets asked = name_wire(text.empty() ? "." : text);
    Octets name = lower_of(asked);
    AskedCase(asked).apply(name);
    EXPECT_EQ(name, asked);
    text += labels % 3 == 0 ? "A." : labels % 3 == 1 ? "z." : "Q.";
  }
  EXPECT_EQ(text.size(), 254u);
}

TEST(AskedCase, OctetsThatOnlyLookLikeLettersKeepTheirBits) {
  // Around A-Z and a-z, and a label whose length octet is nobody's letter.
  const Octets asked = {10, '@', '[', '`', '{', 0xc1, 0xe1, 'A', 'a', 'Z', 'z', 0};
  Octets name = lower_of(asked);
  AskedCase(asked).apply(name);
  EXPECT_EQ(name, asked);
}

// Invariant of asker.h: the replies written from memory are those written from the query itself.
TEST(Asker, ItsViewGivesTheSameRepliesAsTheQuery) {
  for (int mask = 0; mask < 128; ++mask) {
    QuerySpec spec{.name = "wWw.eXample.Com", .type = "AAAA", .klass = 1, .id = 0x1234};
    spec.rd = mask & 1;
    spec.ad = mask & 2;
    spec.cd = mask & 4;
    spec.edns = mask & 8;
    spec.dnssec_ok = mask & 16;
    if (mask & 32) spec.options = make_option(11, {});
    if (mask & 64) spec.options = make_option(12, {});
    const Octets message = make_query(spec);
    const dns::QueryView query = dns::view_query(message);
    ASSERT_EQ(query.verdict, dns::QueryVerdict::Accept);
    FakePort port;
    const Endpoint client = World::client_of(7);
    const ReplyTo asked_from = FakePort::reply_to(7);
    const Asker asker({port, asked_from, Transport::Tls, client, query});
    const dns::QuestionKey key(query.question, 0, {1, 2});
    std::array<uint8_t, dns::kNameSizeMax> name;
    const dns::QueryView remembered = asker.view(key, name);

    Statistics statistics;
    const TurnClock clock;
    ReplySender sender({}, clock, statistics);
    const ReplyTo first = FakePort::reply_to(1), second = FakePort::reply_to(2);
    const AnsweredFrom from = AnsweredFrom::Upstream;
    sender.send_error({port, first, Transport::Tls, client, query}, from, 3, ExtendedError{7});
    sender.send_error({port, second, asker.transport(), asker.client(), remembered}, from, 3,
                      ExtendedError{7});
    EXPECT_EQ(port.replies[1], port.replies[2]) << "mask " << mask;
    EXPECT_EQ(remembered.edns.udp_size, query.edns.udp_size);
    EXPECT_EQ(asker.client(), client);
    EXPECT_EQ(FakePort::client_of(asker.reply_to()), 7u);
    EXPECT_EQ(&asker.port(), &port);
  }
}

}  // namespace
}  // namespace dotring::query
