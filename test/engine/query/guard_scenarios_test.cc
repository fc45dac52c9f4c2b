// What clients get when the guard turns them away, and that cookies are in every reply that has an
// OPT; ldns reads them back.

#include "engine/protect/guard.h"
#include "test/engine/query/fakes.h"

namespace dotring::query {
namespace {

constexpr uint16_t kExtendedError = 15;

QuerySpec asks(const Octets& cookie = {}) {
  QuerySpec spec;
  spec.name = "www.Example.com";
  spec.edns = true;
  if (!cookie.empty()) spec.options = make_option(kCookie, cookie);
  return spec;
}

Octets option_of(const ParsedReply& reply, uint16_t code) {
  for (const auto& [number, value] : reply.options) {
    if (number == code) return value;
  }
  return {};
}

/// 10.0.0.0/8 may ask twice per second, 11.0.0.0/8 is dropped.
struct Guarded {
  explicit Guarded(const protect::Guard::Options& options = {})
      : guard(options, {&access, &rate, &cookies, [] { return uint64_t{1'700'000'000}; }},
              world.clock) {
    world.pipeline->set_guard(&guard);
  }
  static protect::AccessList::Options lists() {
    using protect::Network;
    return {{*Network::parse("10.0.0.0/8")}, {}, {*Network::parse("11.0.0.0/8")}};
  }
  static protect::RateLimiter::Options twice() {
    protect::RateLimiter::Options options;
    options.per_second = {2, 2};
    return options;
  }

  uint64_t send(const char* address, const Octets& message, Transport transport = Transport::Udp) {
    ClientQuery query;
    query.message = message;
    query.transport = transport;
    query.client = {*IpAddress::parse(address), 1024};
    query.reply_to = FakePort::reply_to(++client);
    world.pipeline->handle(world.port, query);
    return client;
  }
  ParsedReply reply_to(uint64_t number) {
    EXPECT_TRUE(world.port.replies.contains(number));
    return parse_reply(world.port.replies[number]);
  }
  ParsedReply ask(const char* address, const QuerySpec& spec,
                  Transport transport = Transport::Udp) {
    return reply_to(send(address, make_query(spec), transport));
  }
  void know_answer() {
    AnswerSpec spec;
    spec.name = "www.example.com";
    spec.type = "A";
    spec.answers = {"www.example.com. 60 IN A 192.0.2.1"};
    answer = make_answer(spec);
  }
  void answer_all() {
    while (!world.forwarder.under_way.empty()) {
      world.forwarder.answer(**world.forwarder.under_way.begin(), answer);
    }
  }

  World world;
  protect::AccessList access{lists()};
  protect::RateLimiter rate{twice(), {1, 2}};
  protect::ServerCookies cookies{{}, {{}}};
  protect::Guard guard;
  Octets answer;
  uint64_t client = 0;
};

TEST(GuardScenarios, ARefusedClientIsToldThatItIsProhibited) {
  Guarded guarded;
  const ParsedReply reply = guarded.ask("192.0.2.1", asks());
  EXPECT_EQ(reply.rcode, 5);
  EXPECT_EQ(option_of(reply, kExtendedError), (Octets{0, 18}));
  EXPECT_EQ(reply.question_name, name_wire("www.Example.com"));
  EXPECT_EQ(guarded.world.store.finds, 0) << "nothing was looked up for it";
}

TEST(GuardScenarios, ADroppedClientGetsNothing) {
  Guarded guarded;
  const uint64_t client = guarded.send("11.0.0.1", make_query(asks()));
  EXPECT_TRUE(guarded.world.port.dropped.contains(client));
  EXPECT_TRUE(guarded.world.port.replies.empty());
}

TEST(GuardScenarios, OverTheRateAnEmptyAnswerSendsTheClientToTcp) {
  Guarded guarded({protect::OverRate::Truncate, 1, false});
  guarded.know_answer();
  for (int i = 0; i < 2; ++i) guarded.send("10.0.0.1", make_query(asks()));
  const ParsedReply reply = guarded.ask("10.0.0.1", asks());
  EXPECT_TRUE(reply.tc);
  EXPECT_EQ(reply.rcode, 0);
  EXPECT_TRUE(reply.answers.empty());
  guarded.answer_all();
}

TEST(GuardScenarios, MalformedQueriesAreLimitedToo) {
  Guarded guarded({protect::OverRate::Drop, 1, false});
  QuerySpec malformed = asks();
  malformed.behind = {0};
  for (int i = 0; i < 2; ++i) EXPECT_EQ(guarded.ask("10.0.0.1", malformed).rcode, 1);
  const uint64_t third = guarded.send("10.0.0.1", make_query(malformed));
  EXPECT_TRUE(guarded.world.port.dropped.contains(third));
}

TEST(GuardScenarios, WhatIsNoQueryIsNeverAnswered) {
  Guarded guarded({protect::OverRate::Refuse, 1, false});
  Octets response = make_query(asks());
  response[2] |= 0x80;
  for (const char* address : {"192.0.2.1", "10.0.0.1", "10.0.0.1", "10.0.0.1"}) {
    guarded.send(address, response);
    guarded.send(address, Octets{1, 2, 3});
  }
  EXPECT_TRUE(guarded.world.port.replies.empty());
}

TEST(GuardScenarios, EachReplyHasTheCookieAtOnceAndLater) {
  Guarded guarded;
  guarded.know_answer();
  const uint64_t waiting = guarded.send("10.0.0.1", make_query(asks(kClientCookie)));
  guarded.answer_all();
  const Octets cookie = option_of(guarded.reply_to(waiting), kCookie);
  ASSERT_EQ(cookie.size(), 24u);
  EXPECT_EQ(Octets(cookie.begin(), cookie.begin() + 8), kClientCookie);
  const ParsedReply hit = guarded.ask("10.0.0.1", asks(cookie));
  EXPECT_EQ(hit.answers.size(), 1u);
  EXPECT_EQ(option_of(hit, kCookie), cookie);
  EXPECT_EQ(option_of(guarded.ask("10.0.0.2", asks(kClientCookie), Transport::Tcp), kCookie).size(),
            24u);
}

TEST(GuardScenarios, AClientWithoutACookieOrWithoutAGuardGetsNone) {
  Guarded guarded;
  EXPECT_TRUE(option_of(guarded.ask("192.0.2.1", asks()), kCookie).empty());
  guarded.world.pipeline->set_guard(nullptr);
  QuerySpec any = asks(kClientCookie);
  any.type = "ANY";
  EXPECT_TRUE(option_of(guarded.ask("10.0.0.1", any), kCookie).empty());
}

TEST(GuardScenarios, BadCookieTellsTheCookieToComeBackWith) {
  Guarded guarded({protect::OverRate::Truncate, 1, true});
  const ParsedReply told = guarded.ask("10.0.0.1", asks(kClientCookie));
  EXPECT_EQ(told.rcode, 23);
  EXPECT_EQ(option_of(told, kCookie).size(), 24u);
  EXPECT_TRUE(told.answers.empty());
}

TEST(GuardScenarios, ACookieOfImpossibleSizeIsAFormatErrorWithoutACookie) {
  Guarded guarded;
  const ParsedReply reply = guarded.ask("10.0.0.1", asks(Octets(7, 1)));
  EXPECT_EQ(reply.rcode, 1);
  EXPECT_TRUE(option_of(reply, kCookie).empty());
}

}  // namespace
}  // namespace dotring::query
