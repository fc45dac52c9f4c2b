// The pipeline over the real store in memory: what the two promise each other, seen by clients.

#include "cache/memory/memory_store.h"
#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

cache::Statistics play_over_memory(std::string_view text) {
  cache::MemoryOptions options;
  options.bytes_max = size_t{1} << 20;
  const std::unique_ptr<cache::MemoryStore> store = cache::MemoryStore::create(options);
  if (!store) {
    ADD_FAILURE() << "no memory";
    return {};
  }
  Scenario({}, store.get()).play(text);
  return store->statistics();
}

TEST(OverMemory, AHitIsAgedAndInTheCaseAsked) {
  play_over_memory(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR ad
    > www.example.com. 300 IN CNAME host.example.com.
    > host.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 300 IN CNAME host.example.com.
    > host.example.com. 60 IN A 192.0.2.1
    after 10s
    ask c2 WWW.Example.Com A edns ad
    asked nothing
    reply c2 NOERROR ad
    > WWW.Example.Com. 290 IN CNAME host.Example.Com.
    > host.Example.Com. 50 IN A 192.0.2.1
    ask c3 www.example.com A do
    asked www.example.com A do
  )");
}

TEST(OverMemory, NxDomainIsKeptAsLongAsItsSoaSays) {
  play_over_memory(R"(
    ask c1 no.example.com A
    asked no.example.com A
    answer no.example.com A NXDOMAIN
    >> example.com. 900 IN SOA ns.example.com. mail.example.com. 1 2 3 4 20
    reply c1 NXDOMAIN
    >> example.com. 20 IN SOA ns.example.com. mail.example.com. 1 2 3 4 20
    after 15s
    ask c2 no.example.com A
    asked nothing
    reply c2 NXDOMAIN
    >> example.com. 5 IN SOA ns.example.com. mail.example.com. 1 2 3 4 20
    after 10s
    ask c3 no.example.com A edns
    asked no.example.com A
    fails no.example.com A noupstream
    reply c3 NXDOMAIN ede=19
    >> example.com. 30 IN SOA ns.example.com. mail.example.com. 1 2 3 4 20
  )");
}

TEST(OverMemory, TheCeilingHoldsForWhoAsksFirst) {
  play_over_memory(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR
    > www.example.com. 604800 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 86400 IN A 192.0.2.1
    ask c2 www.example.com A
    asked nothing
    reply c2 NOERROR
    > www.example.com. 86400 IN A 192.0.2.1
  )");
}

// An answer expires, and serves the next client when the upstream fails.
constexpr char kServedStale[] = R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    after 61s
    ask c2 www.example.com A edns
    asked www.example.com A
    fails www.example.com A network
    reply c2 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
)";

TEST(OverMemory, StaleAnswersServeAndRefreshesAreSpacedOut) {
  play_over_memory(std::string(kServedStale) + R"(
    after 20s
    ask c3 www.example.com A edns
    asked nothing
    reply c3 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
    after 11s
    ask c4 www.example.com A edns
    asked www.example.com A
    after 1799ms
    waits c4
    after 1ms
    reply c4 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.2
    ask c5 www.example.com A edns
    asked nothing
    reply c5 NOERROR
    > www.example.com. 60 IN A 192.0.2.2
  )");
}

TEST(OverMemory, AQueryThatAStaleAnswerServesIsOneLookUp) {
  const cache::Statistics counted = play_over_memory(kServedStale);
  EXPECT_EQ(counted.misses, 1u);
  EXPECT_EQ(counted.hits_stale, 1u);
}

TEST(OverMemory, AFailureOfTheUpstreamDoesNotDisplaceWhatIsStale) {
  play_over_memory(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    after 100s
    ask c2 www.example.com A edns
    asked www.example.com A
    answer www.example.com A SERVFAIL
    reply c2 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
    ask c3 www.example.com A edns
    asked nothing
    reply c3 NOERROR ede=3
    > www.example.com. 30 IN A 192.0.2.1
  )");
}

// Not SERVFAIL, which a client would take for a fault and ask elsewhere.
TEST(OverMemory, WhatTheUpstreamRefusesStaysRefusedForAMoment) {
  play_over_memory(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    answer www.example.com A REFUSED ede=15
    reply c1 REFUSED ede=15
    ask c2 www.example.com A edns
    asked nothing
    reply c2 REFUSED ede=15
    ask c3 long.example.com A
    asked long.example.com A
    answer long.example.com A YXDOMAIN
    reply c3 YXDOMAIN
    ask c4 long.example.com A
    asked nothing
    reply c4 YXDOMAIN
    after 6s
    ask c5 www.example.com A
    asked www.example.com A
    answer www.example.com A SERVFAIL
    reply c5 SERVFAIL
    ask c6 www.example.com A edns
    asked nothing
    reply c6 SERVFAIL ede=13
  )");
}

// Who asks later learns as much as who asked first; of a stale answer that it is stale.
TEST(OverMemory, TheExtendedErrorIsKeptWithTheAnswer) {
  play_over_memory(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    answer www.example.com A NOERROR ede=15
    > www.example.com. 60 IN A 0.0.0.0
    reply c1 NOERROR ede=15
    > www.example.com. 60 IN A 0.0.0.0
    ask c2 www.example.com A edns
    asked nothing
    reply c2 NOERROR ede=15
    > www.example.com. 60 IN A 0.0.0.0
    ask c3 www.example.com A
    reply c3 NOERROR
    > www.example.com. 60 IN A 0.0.0.0
    after 61s
    ask c4 www.example.com A edns
    asked www.example.com A
    fails www.example.com A timeout
    reply c4 NOERROR ede=3
    > www.example.com. 30 IN A 0.0.0.0
  )");
}

TEST(OverMemory, WhyTheUpstreamFailedIsKeptToo) {
  play_over_memory(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    answer www.example.com A SERVFAIL ede=6
    reply c1 SERVFAIL ede=6
    ask c2 www.example.com A edns
    asked nothing
    reply c2 SERVFAIL ede=6
  )");
}

TEST(OverMemory, FailuresAreKeptForASecondAtFirst) {
  play_over_memory(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    fails www.example.com A timeout
    reply c1 SERVFAIL ede=22
    ask c2 www.example.com A edns
    asked nothing
    reply c2 SERVFAIL ede=13
    after 2s
    ask c3 www.example.com A edns
    asked www.example.com A
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    reply c3 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
  )");
}

TEST(OverMemory, APopularAnswerIsRefreshedBeforeItExpires) {
  play_over_memory(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR
    > www.example.com. 100 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 100 IN A 192.0.2.1
    after 50s
    ask c2 www.example.com A
    asked nothing
    reply c2 NOERROR
    > www.example.com. 50 IN A 192.0.2.1
    after 45s
    ask c3 www.example.com A
    reply c3 NOERROR
    > www.example.com. 5 IN A 192.0.2.1
    asked www.example.com A
    answer www.example.com A NOERROR
    > www.example.com. 100 IN A 192.0.2.2
    after 30s
    ask c4 www.example.com A
    asked nothing
    reply c4 NOERROR
    > www.example.com. 70 IN A 192.0.2.2
  )");
}

TEST(OverMemory, LargeAnswersAreTruncatedForSmallClientsOnly) {
  const std::string answer = addresses(60);
  play_over_memory(
      "ask c1 www.example.com A tcp\n"
      "asked www.example.com A\n"
      "answer www.example.com A NOERROR\n" +
      answer + "reply c1 NOERROR\n" + answer +
      "ask c2 www.example.com A\n"
      "reply c2 NOERROR tc\n"
      "ask c3 www.example.com A edns\n"
      "reply c3 NOERROR\n" +
      answer +
      "ask c4 www.example.com A tcp\n"
      "reply c4 NOERROR\n" +
      answer);
}

}  // namespace
}  // namespace dotring::query
