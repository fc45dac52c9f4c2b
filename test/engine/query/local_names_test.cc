// Special-use names: RFC 6761, 6762, 7686, 8375, 9462 and 6303.

#include "engine/query/local_names.h"

#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

std::string soa(const std::string& zone) {
  return ">> " + zone + " 10800 IN SOA " + zone + " nobody.invalid. 1 3600 1200 604800 10800\n";
}

constexpr char kLoopback6[] =
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa";

TEST(Rfc6761, LocalhostIsThisHost) {
  play(R"(
    ask c1 localhost A
    reply c1 NOERROR aa
    > localhost. 10800 IN A 127.0.0.1
    ask c2 LocalHost AAAA edns
    reply c2 NOERROR aa
    > LocalHost. 10800 IN AAAA ::1
    ask c3 deep.below.localhost A tcp do
    reply c3 NOERROR aa
    > deep.below.localhost. 10800 IN A 127.0.0.1
    ask c4 www.localhost MX
    reply c4 NOERROR aa
    )" +
       soa("localhost.") + R"(
    ask c5 www.localhost A class=4
    reply c5 NOERROR aa
    >> localhost. 10800 HS SOA localhost. nobody.invalid. 1 3600 1200 604800 10800
    asked nothing
  )");
}

TEST(Rfc6761, InvalidAndTestDoNotExist) {
  play(R"(
    ask c1 www.invalid A
    reply c1 NXDOMAIN aa
    )" +
       soa("invalid.") + R"(
    ask c2 Test MX edns
    reply c2 NXDOMAIN aa
    )" +
       soa("Test.") + R"(
    ask c3 a.b.c.TEST TYPE65280 do
    reply c3 NXDOMAIN aa
    )" +
       soa("TEST.") + R"(
    asked nothing
  )");
}

TEST(Rfc6762, LocalDoesNotExistNotEvenItsSoa) {
  play(R"(
    ask c1 printer.local A
    reply c1 NXDOMAIN aa
    )" +
       soa("local.") + R"(
    ask c2 local SOA
    reply c2 NXDOMAIN aa
    )" +
       soa("local.") + R"(
    asked nothing
  )");
}

TEST(Rfc7686, OnionDoesNotExist) {
  play(R"(
    ask c1 duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion A
    reply c1 NXDOMAIN aa
    )" +
       soa("onion.") + R"(
    asked nothing
  )");
}

TEST(Rfc8375, HomeArpaIsServedHereAndItsDsByItsParent) {
  play(R"(
    ask c1 nas.home.arpa A
    reply c1 NXDOMAIN aa
    )" +
       soa("home.arpa.") + R"(
    ask c2 home.arpa NS
    reply c2 NOERROR aa
    )" +
       soa("home.arpa.") + R"(
    asked nothing
    ask c3 home.arpa DS do
    asked home.arpa DS do
    ask c4 nas.home.arpa DS
    reply c4 NXDOMAIN aa
    )" +
       soa("home.arpa."));
}

TEST(Rfc9462, ResolverArpaHasNothing) {
  play(R"(
    ask c1 _dns.resolver.arpa SVCB edns
    reply c1 NOERROR aa
    )" +
       soa("resolver.arpa.") + R"(
    ask c2 resolver.arpa A
    reply c2 NOERROR aa
    )" +
       soa("resolver.arpa.") + R"(
    asked nothing
  )");
}

TEST(Rfc6303, TheReverseOfTheLoopbackAddresses) {
  play(R"(
    ask c1 1.0.0.127.in-addr.arpa PTR
    reply c1 NOERROR aa
    > 1.0.0.127.in-addr.arpa. 10800 IN PTR localhost.
    ask c2 2.0.0.127.in-addr.arpa PTR
    reply c2 NXDOMAIN aa
    )" +
       soa("127.in-addr.arpa.") + R"(
    ask c3 0.0.127.in-addr.arpa PTR
    reply c3 NOERROR aa
    )" +
       soa("127.in-addr.arpa.") + R"(
    ask c4 1.0.0.127.in-addr.arpa A
    reply c4 NOERROR aa
    )" +
       soa("127.in-addr.arpa.") + R"(
    ask c5 )" +
       kLoopback6 + R"( PTR
    reply c5 NOERROR aa
    > )" +
       kLoopback6 + R"(. 10800 IN PTR localhost.
    ask c6 x.)" +
       kLoopback6 + R"( PTR
    reply c6 NXDOMAIN aa
    )" +
       soa(std::string(kLoopback6) + ".") + R"(
    asked nothing
  )");
}

TEST(LocalNames, NamesThatOnlyLookAlikeAreForwarded) {
  play(R"(
    ask c1 localhost.example A
    asked localhost.example A
    ask c2 mylocalhost A
    asked mylocalhost A
    ask c3 x.mylocal A
    asked x.mylocal A
    ask c4 arpa NS
    asked arpa NS
    ask c5 . NS
    asked . NS
    ask c6 home.arpa.example A
    asked home.arpa.example A
    ask c7 1.0.0.10.in-addr.arpa PTR
    asked 1.0.0.10.in-addr.arpa PTR
    # one label of nine octets that ends like \004test
    ask c8 look\004test A
    asked look\004test A
    ask c9 look\004test.example A
    asked look\004test.example A
  )");
}

TEST(LocalNames, EachCanBeAllowed) {
  using Options = LocalNames::Options;
  const std::pair<bool Options::*, std::string> cases[] = {
      {&Options::forward_localhost, "www.localhost"},
      {&Options::forward_invalid, "www.invalid"},
      {&Options::forward_test, "www.test"},
      {&Options::forward_local, "www.local"},
      {&Options::forward_onion, "www.onion"},
      {&Options::forward_home_arpa, "www.home.arpa"},
      {&Options::forward_resolver_arpa, "_dns.resolver.arpa"},
      {&Options::forward_loopback_reverse, "1.0.0.127.in-addr.arpa"},
  };
  for (const auto& [allowed, unused] : cases) {
    Pipeline::Options options;
    options.local_names.*allowed = true;
    for (const auto& [member, name] : cases) {
      World world(options);
      world.handle(1, Transport::Udp, make_query({.name = name}));
      EXPECT_EQ(world.forwarder.asked.size(), member == allowed ? 1u : 0u) << name;
    }
  }
}

TEST(LocalNames, TheLongestNamesFit) {
  std::string name;
  while (name.size() < 240)
    name += std::string(1, static_cast<char>('a' + name.size() / 2 % 26)) + ".";
  name += "12345678";
  play("ask c1 " + name + ".test A edns=512\nreply c1 NXDOMAIN aa\n" + soa("test."));
}

TEST(LocalNames, AnyIsNotAmplified) {
  play(R"(
    ask c1 localhost ANY
    reply c1 NOERROR aa
    )" +
       soa("localhost.") + R"(
    ask c2 x.test ANY
    reply c2 NXDOMAIN aa
    )" +
       soa("test."));
}

}  // namespace
}  // namespace dotring::query
