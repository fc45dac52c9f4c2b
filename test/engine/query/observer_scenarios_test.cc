// What an observer is told of each query: once, with what was asked, what was sent, and from where.

#include "engine/protect/guard.h"
#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

/// Keeps every account, by the client's number.
class Accounts final : public QueryObserver {
 public:
  struct Account {
    Octets query, reply;
    Transport transport;
    AnsweredFrom from;
    std::optional<DropReason> dropped;
    uint64_t received_us, answered_us;
    bool has_question;
  };

  void on_query_ended(const QueryAccount& account) override {
    const uint64_t client = account.client.port - 1024u;
    EXPECT_EQ(account.client, World::client_of(client));
    EXPECT_EQ(account.reply.empty(), account.dropped.has_value());
    if (!account.reply.empty()) {
      EXPECT_EQ(account.rcode, parse_reply({account.reply.begin(), account.reply.end()}).rcode);
    }
    const Account kept{{account.query.begin(), account.query.end()},
                       {account.reply.begin(), account.reply.end()},
                       account.transport,
                       account.from,
                       account.dropped,
                       account.received_us,
                       account.answered_us,
                       account.view.has_question};
    EXPECT_TRUE(of.emplace(client, kept).second) << "client " << client << " was told of twice";
  }

  std::map<uint64_t, Account> of;
};

struct Observed {
  explicit Observed(const Pipeline::Options& options = {}) : scenario(options) {
    scenario.world().pipeline->set_observer(&accounts);
  }
  /// Clients are numbered in the order in which the scenario speaks of them, from 1.
  const Accounts::Account& play(std::string_view text, uint64_t client = 1) {
    scenario.play(text);
    const auto& replies = scenario.world().port.replies;
    for (const auto& [number, account] : accounts.of) {
      EXPECT_EQ(replies.contains(number) ? replies.at(number) : Octets(), account.reply);
    }
    return accounts.of.at(client);
  }

  // Before the scenario, whose pipeline tells it at its end.
  Accounts accounts;
  Scenario scenario;
};

Octets query_of(const char* name, uint64_t client) {
  QuerySpec spec;
  spec.name = name;
  spec.id = static_cast<uint16_t>(0x5000 + client);
  return make_query(spec);
}

TEST(Observer, AHitIsToldAtOnceWithTheQueryAsItCame) {
  Observed observed;
  const Accounts::Account& account = observed.play(R"(
    cached fresh www.example.com A
    > www.example.com. 60 IN A 192.0.2.1
    ask c1 www.Example.com A tcp cookie
    reply c1 NOERROR
    > www.Example.com. 60 IN A 192.0.2.1
  )");
  QuerySpec spec{.name = "www.Example.com", .id = 0x5001, .edns = true};
  spec.options = make_option(10, Octets(8, 0xcc));
  EXPECT_EQ(account.query, make_query(spec));
  EXPECT_EQ(account.from, AnsweredFrom::Memory);
  EXPECT_EQ(account.transport, Transport::Tcp);
  EXPECT_EQ(account.received_us, World::kStart_ms * 1000);
  EXPECT_EQ(account.answered_us, account.received_us);
}

TEST(Observer, WhoWaitsIsToldWhenItEndsWithItsOwnQuestionAndTimes) {
  Observed observed;
  observed.play(R"(
    ask c1 www.example.com A
    after 5ms
    ask c2 wWw.eXample.com A
    after 20ms
    answer www.example.com A NXDOMAIN
    reply c1 NXDOMAIN
    reply c2 NXDOMAIN
  )");
  const Accounts::Account& first = observed.accounts.of.at(1);
  const Accounts::Account& second = observed.accounts.of.at(2);
  EXPECT_EQ(first.query, query_of("www.example.com", 1));
  EXPECT_EQ(second.query, query_of("wWw.eXample.com", 2));
  EXPECT_EQ(first.from, AnsweredFrom::Upstream);
  EXPECT_EQ(first.answered_us - first.received_us, 25'000u);
  EXPECT_EQ(second.answered_us - second.received_us, 20'000u);
}

TEST(Observer, EachWayOfAnAnswerHasItsSource) {
  Observed observed;
  observed.play(R"(
    cached stale stale.example.com A
    > stale.example.com. 30 IN A 192.0.2.1
    cached failing failing.example.com A
    ask c1 stale.example.com A
    reply c1 NOERROR
    > stale.example.com. 30 IN A 192.0.2.1
    ask c2 failing.example.com A
    reply c2 SERVFAIL
    ask c3 localhost A
    reply c3 NOERROR aa
    > localhost. 10800 IN A 127.0.0.1
    ask c4 www.example.com ANY
    reply c4 NOERROR
    > www.example.com. 3600 IN HINFO "RFC8482" ""
    ask c5 www.example.com AXFR
    reply c5 REFUSED
    ask c6 www.example.com A garbage-behind
    reply c6 FORMERR
    ask c7 www.example.com A opcode=4
    reply c7 NOTIMPL
    ask c8 servfail.example.com A
    answer servfail.example.com A SERVFAIL
    reply c8 SERVFAIL
    ask c9 lost.example.com A
    fails lost.example.com A network
    reply c9 SERVFAIL
    forwarder full
    ask c10 www.example.com A
    reply c10 SERVFAIL
    forwarder ready
    slow-tier on
    ask c11 redis.example.com A
    fetched redis.example.com A NOERROR
    reply c11 NOERROR
  )");
  const std::vector<AnsweredFrom> expected = {
      AnsweredFrom::Stale,     AnsweredFrom::Memory,    AnsweredFrom::Local,
      AnsweredFrom::Local,     AnsweredFrom::Refused,   AnsweredFrom::Malformed,
      AnsweredFrom::Malformed, AnsweredFrom::Upstream,  AnsweredFrom::Nothing,
      AnsweredFrom::Shed,      AnsweredFrom::SlowerTier};
  ASSERT_EQ(observed.accounts.of.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(observed.accounts.of.at(i + 1).from, expected[i]) << "client " << i + 1;
  }
}

TEST(Observer, AStaleAnswerAfterAFailureIsStale) {
  Observed observed;
  const Accounts::Account& account = observed.play(R"(
    cached stale www.example.com A refresh
    > www.example.com. 30 IN A 192.0.2.1
    ask c1 www.example.com A
    fails www.example.com A network
    reply c1 NOERROR
    > www.example.com. 30 IN A 192.0.2.1
  )");
  EXPECT_EQ(account.from, AnsweredFrom::Stale);
}

TEST(Observer, AClientThatWentIsToldAsDropped) {
  Observed observed;
  const Accounts::Account& account = observed.play(R"(
    ask c1 www.example.com A
    gone c1
    answer www.example.com A NOERROR
    dropped c1
  )");
  EXPECT_EQ(account.dropped, DropReason::ClientGone);
  EXPECT_EQ(account.from, AnsweredFrom::Upstream);
}

TEST(Observer, WhoStillWaitsWhenThePipelineEndsIsToldToo) {
  Observed observed;
  observed.scenario.play(R"(
    ask c1 www.Example.com A
    waits c1
  )");
  EXPECT_TRUE(observed.accounts.of.empty());
  observed.scenario.world().pipeline.reset();
  const Accounts::Account& account = observed.accounts.of.at(1);
  EXPECT_EQ(account.dropped, DropReason::Shutdown);
  EXPECT_EQ(account.from, AnsweredFrom::Nothing);
  EXPECT_EQ(account.query, query_of("www.Example.com", 1));
}

TEST(Observer, WhatIsNoQueryIsToldAsItCame) {
  Observed observed;
  World& world = observed.scenario.world();
  world.handle(1, Transport::Udp, {});
  world.handle(2, Transport::Udp, {1, 2, 3});
  EXPECT_EQ(observed.accounts.of.at(1).query, Octets());
  EXPECT_EQ(observed.accounts.of.at(2).query, (Octets{1, 2, 3}));
  EXPECT_EQ(observed.accounts.of.at(2).dropped, DropReason::Unanswerable);
  EXPECT_EQ(observed.accounts.of.at(2).from, AnsweredFrom::Malformed);
}

/// One query from 192.0.2.1 to a guard with these parts.
Accounts::Account turned_away(const protect::AccessList* access, protect::RateLimiter* rate,
                              protect::OverRate over_rate) {
  Observed observed;
  World& world = observed.scenario.world();
  protect::Guard guard({over_rate, 1, false}, {access, rate, nullptr, {}}, world.clock);
  world.pipeline->set_guard(&guard);
  world.handle(1, Transport::Udp, query_of("www.example.com", 1));
  const Accounts::Account account = observed.accounts.of.at(1);
  EXPECT_EQ(account.query, query_of("www.example.com", 1));
  return account;
}

TEST(Observer, TheGuardTellsWhomItRefuses) {
  const protect::AccessList refuses({}),
      drops({{}, {}, {*protect::Network::parse("192.0.2.0/24")}});
  const auto refused = turned_away(&refuses, nullptr, protect::OverRate::Drop);
  EXPECT_EQ(refused.from, AnsweredFrom::Refused);
  EXPECT_FALSE(refused.reply.empty());
  const auto dropped = turned_away(&drops, nullptr, protect::OverRate::Drop);
  EXPECT_EQ(dropped.from, AnsweredFrom::Refused);
  EXPECT_EQ(dropped.dropped, DropReason::TurnedAway);
}

TEST(Observer, TheGuardTellsWhomItLimits) {
  protect::RateLimiter::Options options;
  options.per_second = {1, 1};
  for (const auto over_rate : {protect::OverRate::Drop, protect::OverRate::Truncate}) {
    protect::RateLimiter rate(options, {1, 2});
    const IpAddress client = World::client_of(1).address;
    while (rate.take(client, protect::Proof::None, World::kStart_ms * 1000)) {
    }
    const auto limited = turned_away(nullptr, &rate, over_rate);
    EXPECT_EQ(limited.from, AnsweredFrom::Limited);
    EXPECT_EQ(limited.dropped.has_value(), over_rate == protect::OverRate::Drop);
  }
}

}  // namespace
}  // namespace dotring::query
