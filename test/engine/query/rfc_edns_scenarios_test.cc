// The lines of RFC.md about EDNS: sizes and options, hop by hop.

#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

TEST(Rfc6891, TwoOptRecordsAreFormErr) {
  play(R"(
    ask c1 www.example.com A edns opts=2
    reply c1 FORMERR
    asked nothing
  )");
}

TEST(Rfc6891, VersionAboveZeroIsBadVers) {
  play(R"(
    ask c1 www.example.com A version=1
    reply c1 BADVERS
    asked nothing
  )");
}

TEST(Rfc6891, SizesUnder512CountAs512) {
  const std::string answer = addresses(29);
  play("cached fresh www.example.com A\n" + answer +
       "ask c1 www.example.com A edns=100\n"
       "reply c1 NOERROR\n" +
       answer);
}

TEST(Rfc6891, OptInTheReplyIfAndOnlyIfInTheQuery) {
  // Each reply line checks it; here for each kind of reply.
  play(R"(
    cached fresh hit.example A
    > hit.example. 60 IN A 192.0.2.1
    cached failing failing.example A
    ask c1 hit.example A
    reply c1 NOERROR
    > hit.example. 60 IN A 192.0.2.1
    ask c2 hit.example A edns
    reply c2 NOERROR
    > hit.example. 60 IN A 192.0.2.1
    ask c3 failing.example A
    reply c3 SERVFAIL
    ask c4 failing.example A edns
    reply c4 SERVFAIL ede=13
    ask c5 miss.example A
    ask c6 miss.example A edns
    asked miss.example A
    answer miss.example A NOERROR noopt
    > miss.example. 60 IN A 192.0.2.1
    reply c5 NOERROR
    > miss.example. 60 IN A 192.0.2.1
    reply c6 NOERROR
    > miss.example. 60 IN A 192.0.2.1
  )");
}

TEST(Rfc6891, UnknownOptionsAreIgnored) {
  play(R"(
    ask c1 www.example.com A unknown-option
    asked www.example.com A
    answer www.example.com A NOERROR
    reply c1 NOERROR
  )");
}

TEST(Rfc9715, UdpAnswersAreAtMost1232OctetsUnlessConfiguredOtherwise) {
  const std::string answer = addresses(80);  // 1,313 octets
  play("cached fresh www.example.com A\n" + answer +
       "ask c1 www.example.com A edns=4096\n"
       "reply c1 NOERROR tc\n");
  Pipeline::Options options;
  options.reply.udp_size_max = 4096;
  Scenario(options).play("cached fresh www.example.com A\n" + answer +
                         "ask c1 www.example.com A edns=4096\n"
                         "reply c1 NOERROR\n" +
                         answer);
}

TEST(Rfc7828, KeepaliveIsOfferedToTcpClientsWhoAskAndIgnoredOnUdp) {
  play(R"(
    cached fresh www.example.com A
    ask c1 www.example.com A tcp keepalive
    reply c1 NOERROR keepalive=100
    ask c2 www.example.com A tls keepalive
    reply c2 NOERROR keepalive=100
    ask c3 www.example.com A udp keepalive
    reply c3 NOERROR
    ask c4 www.example.com A tcp edns
    reply c4 NOERROR
    ask c5 www.example.com A https keepalive
    reply c5 NOERROR
  )");
}

TEST(Rfc7828, AWaitingClientIsOfferedKeepaliveToo) {
  play(R"(
    ask c1 www.example.com A tcp keepalive
    asked www.example.com A
    answer www.example.com A NOERROR
    reply c1 NOERROR keepalive=100
  )");
}

TEST(Rfc7830, RepliesArePaddedWhereTheClientPaddedAndNeverOnClearText) {
  play(R"(
    cached fresh www.example.com A
    > www.example.com. 60 IN A 192.0.2.1
    ask c1 www.example.com A tls pad
    reply c1 NOERROR padded
    > www.example.com. 60 IN A 192.0.2.1
    ask c2 www.example.com A https pad
    reply c2 NOERROR padded
    > www.example.com. 60 IN A 192.0.2.1
    ask c3 www.example.com A tcp pad
    reply c3 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    ask c4 www.example.com A udp pad
    reply c4 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    ask c5 www.example.com A tls edns
    reply c5 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
  )");
}

TEST(Rfc8467, ErrorsAndWaitingClientsGet468OctetsToo) {
  play(R"(
    cached failing failing.example A
    ask c1 failing.example A tls pad keepalive
    reply c1 SERVFAIL ede=13 keepalive=100 padded
    ask c2 www.example.com A tls pad
    asked www.example.com A
    fails www.example.com A timeout
    reply c2 SERVFAIL ede=22 padded
    ask c3 long.example.com A tls pad
    asked long.example.com A
    answer long.example.com A NOERROR
    )" +
       addresses(40, "long.example.com.") + R"(
    reply c3 NOERROR padded
    )" +
       addresses(40, "long.example.com."));
}

TEST(Rfc7871, ClientSubnetIsStripped) {
  // The key has no subnet, so equal questions of different subnets are one question.
  play(R"(
    ask c1 www.example.com A ecs
    ask c2 www.example.com A edns
    asked www.example.com A
    asked nothing
    answer www.example.com A NOERROR
    reply c1 NOERROR
    reply c2 NOERROR
  )");
}

TEST(Rfc7871, AnAnswerForSomebodysSubnetIsDropped) {
  Scenario scenario;
  scenario.play(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    answer www.example.com A NOERROR ecs=24/24
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 SERVFAIL ede=23
    stored failure www.example.com A
    ask c2 ftp.example.com A edns
    asked ftp.example.com A
    answer ftp.example.com A NOERROR ecs=0/0
    > ftp.example.com. 60 IN A 192.0.2.1
    reply c2 NOERROR
    > ftp.example.com. 60 IN A 192.0.2.1
  )");
  EXPECT_EQ(scenario.world().pipeline->statistics().answers_refused.value(), 1u);
}

TEST(Rfc7873, CookiesAreNotEchoed) {
  play(R"(
    cached fresh www.example.com A
    ask c1 www.example.com A cookie
    reply c1 NOERROR
  )");
}

TEST(Rfc7873, BadCookieOfTheUpstreamIsNotTheClients) {
  play(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    answer www.example.com A YXRRSET high-rcode=1
    reply c1 SERVFAIL ede=23
    stored failure www.example.com A
  )");
}

}  // namespace
}  // namespace dotring::query
