// The lines of RFC.md about upstreams that fail or are slow: failures kept, stale answers, why.

#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

TEST(Rfc9520, AFailureIsRememberedAndWhileItIsNobodyIsAsked) {
  play(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    fails www.example.com A timeout
    reply c1 SERVFAIL ede=22
    stored failure www.example.com A
    ask c2 www.example.com A edns
    reply c2 SERVFAIL ede=13
    asked nothing
  )");
}

TEST(Rfc9520, NothingIsRememberedWhereNoUpstreamCouldBeAsked) {
  play(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    fails www.example.com A noupstream
    reply c1 SERVFAIL ede=22
    stored nothing
    ask c2 www.example.com A
    asked www.example.com A
  )");
}

TEST(Rfc9520, AnUpstreamsOwnFailurePassesAndIsGivenToTheStore) {
  play(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    answer www.example.com A SERVFAIL ede=6
    reply c1 SERVFAIL ede=6
    stored www.example.com A SERVFAIL
    ask c2 ftp.example.com A edns
    asked ftp.example.com A
    answer ftp.example.com A REFUSED
    reply c2 REFUSED
    stored ftp.example.com A REFUSED
  )");
}

TEST(Rfc8767, AStaleAnswerServesWhenTheUpstreamFails) {
  play(R"(
    cached stale www.example.com A refresh
    > www.example.com. 30 IN A 192.0.2.1
    ask c1 www.example.com A edns
    ask c2 www.example.com A
    asked www.example.com A
    waits c1
    waits c2
    fails www.example.com A network
    reply c1 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
    reply c2 NOERROR
    > www.example.com. 30 IN A 192.0.2.1
    stored failure www.example.com A
  )");
}

TEST(Rfc8767, AStaleAnswerServesInPlaceOfServFailAndRefused) {
  play(R"(
    cached stale www.example.com A refresh
    > www.example.com. 30 IN A 192.0.2.1
    ask c1 www.example.com A edns
    asked www.example.com A
    answer www.example.com A SERVFAIL
    reply c1 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
    stored www.example.com A SERVFAIL
    cached stale ftp.example.com A refresh
    > ftp.example.com. 30 IN A 192.0.2.1
    ask c2 ftp.example.com A edns
    asked ftp.example.com A
    answer ftp.example.com A REFUSED
    reply c2 NOERROR ede=3
    > ftp.example.com. 30 IN A 192.0.2.1
  )");
}

TEST(Rfc8767, AnAnswerOfTheUpstreamIsPreferredToAStaleOne) {
  play(R"(
    cached stale www.example.com A refresh
    > www.example.com. 30 IN A 192.0.2.1
    ask c1 www.example.com A edns
    asked www.example.com A
    answer www.example.com A NXDOMAIN
    reply c1 NXDOMAIN
    cached stale ftp.example.com A refresh
    ask c2 ftp.example.com A
    asked ftp.example.com A
    after 1799ms
    waits c2
    answer ftp.example.com A NOERROR
    > ftp.example.com. 60 IN A 192.0.2.2
    reply c2 NOERROR
    > ftp.example.com. 60 IN A 192.0.2.2
  )");
}

TEST(Rfc8767, AStaleAnswerServesWhenTheUpstreamIsSlowAndTheRefreshGoesOn) {
  play(R"(
    cached stale www.example.com A refresh
    > www.example.com. 30 IN A 192.0.2.1
    ask c1 www.example.com A edns
    asked www.example.com A
    after 1799ms
    waits c1
    after 1ms
    reply c1 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
    # who comes later has no reason to wait
    after 100ms
    ask c2 www.example.com A edns
    reply c2 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
    asked nothing
    after 500ms
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.2
    stored www.example.com A NOERROR
    ask c3 www.example.com A edns
    reply c3 NOERROR
    > www.example.com. 60 IN A 192.0.2.2
  )");
}

TEST(Rfc8767, AStaleAnswerThatWasRefreshedLatelyInVainServesAtOnce) {
  Scenario scenario;
  scenario.play(R"(
    cached stale www.example.com A
    > www.example.com. 30 IN A 192.0.2.1
    ask c1 www.example.com A edns
    reply c1 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
    asked nothing
  )");
  EXPECT_EQ(scenario.world().pipeline->statistics().stale_at_once.value(), 1u);
}

TEST(Rfc8767, AStaleAnswerServesAtOnceWhereNobodyCanBeAsked) {
  play(R"(
    forwarder full
    cached stale www.example.com A refresh
    > www.example.com. 30 IN A 192.0.2.1
    ask c1 www.example.com A edns
    reply c1 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
  )");
}

TEST(Rfc8767, AStaleAnswerThatVanishedMeanwhileIsNoHarmAndLookedForOnce) {
  Scenario scenario;
  scenario.play(R"(
    cached stale www.example.com A refresh
    ask c1 www.example.com A edns
    forget www.example.com A
    after 2000ms
    waits c1
    asked www.example.com A
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.2
    reply c1 NOERROR
    > www.example.com. 60 IN A 192.0.2.2
  )");
  EXPECT_EQ(scenario.world().store.finds, 1) << "on arrival";
  EXPECT_EQ(scenario.world().store.finds_again, 1) << "when the upstream was slow";
}

TEST(Rfc8767, WhatAnotherWorkerRefreshedMeanwhileIsNotCalledStale) {
  play(R"(
    cached stale www.example.com A refresh
    ask c1 www.example.com A edns
    asked www.example.com A
    cached fresh www.example.com A
    > www.example.com. 60 IN A 192.0.2.2
    after 1800ms
    reply c1 NOERROR
    > www.example.com. 60 IN A 192.0.2.2
  )");
}

TEST(Rfc8914, AStaleNxDomainHasACodeOfItsOwn) {
  play(R"(
    cached stale gone.example.com A NXDOMAIN refresh
    >> example.com. 30 IN SOA ns. mail. 1 2 3 4 5
    ask c1 gone.example.com A edns
    asked gone.example.com A
    fails gone.example.com A timeout
    reply c1 NXDOMAIN ede=19
    >> example.com. 30 IN SOA ns. mail. 1 2 3 4 5
  )");
}

TEST(Rfc8914, WhyThereIsNoAnswer) {
  play(R"(
    ask c1 a.example A edns
    fails a.example A timeout
    reply c1 SERVFAIL ede=22
    ask c2 b.example A edns
    fails b.example A noupstream
    reply c2 SERVFAIL ede=22
    ask c3 c.example A edns
    fails c.example A network
    reply c3 SERVFAIL ede=23
    ask c4 d.example A
    fails d.example A network
    reply c4 SERVFAIL
    ask c5 e.example A edns
    fails e.example A cancelled
    reply c5 SERVFAIL ede=22
    asked a.example A
    asked b.example A
    asked c.example A
    asked d.example A
    asked e.example A
  )");
}

TEST(Rfc8914, WhatTheUpstreamSaysPasses) {
  play(R"(
    ask c1 www.example.com A edns
    ask c2 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR ede=4
    reply c1 NOERROR ede=4
    reply c2 NOERROR
  )");
}

TEST(Rfc8914, TheCodeIsLeftOutBeforeAnAnswerIsTruncated) {
  // 512 octets and 11 of OPT make 523; 6 more for the extended error.
  const std::string answer = addresses(30, "www.example.co.");
  play("cached stale www.example.co A\n" + answer +
       "ask c1 www.example.co A edns=528\n"
       "reply c1 NOERROR\n" +
       answer +
       "ask c2 www.example.co A edns=529\n"
       "reply c2 NOERROR ede=3\n" +
       answer);
}

}  // namespace
}  // namespace dotring::query
