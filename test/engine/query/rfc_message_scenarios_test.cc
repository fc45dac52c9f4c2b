// The lines of RFC.md about messages, types, classes and flags: one test or more each, named after
// it.

#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

TEST(Rfc1035, AMissIsForwardedAnsweredAndStored) {
  play(R"(
    ask c1 www.example.com A
    asked www.example.com A
    waits c1
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    stored www.example.com A NOERROR
    ask c2 www.example.com A
    asked nothing
    reply c2 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
  )");
}

TEST(Rfc1035, AllSectionsOfAnAnswerPass) {
  play(R"(
    ask c1 example.com MX edns
    asked example.com MX
    answer example.com MX NOERROR
    > example.com. 60 IN MX 10 mail.example.com.
    >> example.com. 3600 IN NS ns.example.com.
    >>> mail.example.com. 60 IN A 192.0.2.25
    reply c1 NOERROR
    > example.com. 60 IN MX 10 mail.example.com.
    >> example.com. 3600 IN NS ns.example.com.
    >>> mail.example.com. 60 IN A 192.0.2.25
  )");
}

TEST(Rfc1035, ResponsesAreNotAnswered) {
  World world;
  Octets message = make_query({.name = "example.com"});
  message[2] |= 0x80;
  world.handle(1, Transport::Udp, message);
  world.handle(2, Transport::Udp, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  EXPECT_EQ(world.port.dropped, (std::set<uint64_t>{1, 2}));
  EXPECT_TRUE(world.port.replies.empty());
  EXPECT_EQ(world.pipeline->statistics().dropped[0].value(), 2u);
}

TEST(Rfc2181, WhatDoesNotFitIsTruncatedAndHasNoRecords) {
  Scenario scenario;
  scenario.play(R"(
    ask c1 www.example.com A
    ask c2 www.example.com A edns=512
    ask c3 www.example.com A edns
    ask c4 www.example.com A tcp
    asked www.example.com A
    answer www.example.com A NOERROR
    )" + addresses(31) +
                R"(
    reply c1 NOERROR tc
    reply c2 NOERROR tc
    reply c3 NOERROR
    )" + addresses(31) +
                R"(
    reply c4 NOERROR
    )" + addresses(31));
  EXPECT_EQ(scenario.world().pipeline->statistics().replies_truncated.value(), 2u);
}

TEST(Rfc2181, TheSameFromTheCache) {
  play(R"(
    cached fresh www.example.com A
    )" +
       addresses(31) + R"(
    ask c1 www.example.com A
    reply c1 NOERROR tc
    ask c2 www.example.com A edns
    reply c2 NOERROR
    )" +
       addresses(31));
}

TEST(Rfc2181, TheOptRecordIsCountedBeforeAnAnswerFits) {
  const std::string answer = addresses(30, "www.example.co.");
  play("cached fresh www.example.co A\n" + answer +
       "ask c1 www.example.co A\n"
       "reply c1 NOERROR\n" +
       answer +
       "ask c2 www.example.co A edns=522\n"
       "reply c2 NOERROR tc\n"
       "ask c3 www.example.co A edns=523\n"
       "reply c3 NOERROR\n" +
       answer);
}

TEST(Rfc2181, ATruncatedAnswerKeepsItsRcode) {
  std::string text = "cached fresh www.example.com A NXDOMAIN\n";
  for (int i = 0; i < 40; ++i) {
    text += ">> example.com. 60 IN NS ns" + std::to_string(i) + ".example.com.\n";
  }
  play(text + "ask c1 www.example.com A\nreply c1 NXDOMAIN tc\n");
}

TEST(Rfc9619, AnyOtherNumberOfQuestionsThanOneIsFormErr) {
  play(R"(
    ask c1 www.example.com A questions=2
    reply c1 FORMERR question=none
    ask c2 www.example.com A questions=0 edns
    reply c2 FORMERR question=none
    asked nothing
  )");
}

TEST(Rfc3425, OtherOpcodesThanQueryAreNotImp) {
  play(R"(
    ask c1 www.example.com A opcode=1
    reply c1 NOTIMPL
    ask c2 www.example.com SOA opcode=4 edns
    reply c2 NOTIMPL
    ask c3 www.example.com SOA opcode=2
    reply c3 NOTIMPL
    asked nothing
  )");
}

TEST(Rfc5625, UnknownTypesAndClassesPass) {
  play(R"(
    ask c1 www.example.com TYPE65280
    asked www.example.com TYPE65280
    answer www.example.com TYPE65280 NOERROR
    > www.example.com. 60 IN TYPE65280 \# 3 010203
    reply c1 NOERROR
    > www.example.com. 60 IN TYPE65280 \# 3 010203
    ask c2 www.example.com A class=4
    asked www.example.com A class=4
    ask c3 www.example.com TYPE200
    asked www.example.com TYPE200
  )");
}

TEST(Rfc5625, UnknownRcodesAndFlagsPass) {
  play(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A YXDOMAIN z aa
    reply c1 YXDOMAIN aa z
    ask c2 ftp.example.com A edns
    asked ftp.example.com A
    answer ftp.example.com A NOERROR high-rcode=200
    reply c2 RCODE3200
    stored www.example.com A YXDOMAIN
    stored nothing
  )");
}

TEST(Rfc5625, AnExtendedRcodeThatTheClientCannotReadIsServFail) {
  play(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR high-rcode=200
    reply c1 SERVFAIL
  )");
}

TEST(Rfc5625, TcPassesAndIsNotKept) {
  play(R"(
    ask c1 www.example.com A tcp
    asked www.example.com A
    answer www.example.com A NOERROR tc
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR tc
    > www.example.com. 60 IN A 192.0.2.1
    stored nothing
  )");
}

TEST(Rfc5625, TcpInMeansTcpSizedAnswersOut) {
  const std::string answer = addresses(900);  // 14,433 octets
  play(
      "ask c1 www.example.com A tcp\n"
      "asked www.example.com A\n"
      "answer www.example.com A NOERROR\n" +
      answer + "reply c1 NOERROR\n" + answer +
      "ask c2 www.example.com A tcp edns=512\n"
      "reply c2 NOERROR\n" +
      answer);
}

TEST(Rfc5625, AnAnswerOf64KilobytesWithoutRoomForOptIsTruncated) {
  const auto answer = [](int texts, int text_size) {
    std::string lines;
    for (int i = 0; i < texts; ++i) {
      lines += "> www.example.com. 60 IN TXT \"" +
               std::string(static_cast<size_t>(i == 0 ? text_size : 200), 'x') + "\"\n";
    }
    return lines;
  };
  // 12 + 21 + 307 * 213 + 13 + size = 65,437 + size
  const std::string largest = answer(308, 98);  // 65,535
  play("cached fresh www.example.com TXT noopt\n" + largest +
       "ask c1 www.example.com TXT tcp\n"
       "reply c1 NOERROR\n" +
       largest +
       "ask c2 www.example.com TXT tcp edns\n"
       "reply c2 NOERROR tc\n");
  const std::string fitting = answer(308, 87);
  play("cached fresh www.example.com TXT noopt\n" + fitting +
       "ask c1 www.example.com TXT tcp edns\n"
       "reply c1 NOERROR\n" +
       fitting);
}

TEST(Rfc4035, DoAndCdSplitCacheAndQuestions) {
  play(R"(
    cached fresh www.example.com A
    > www.example.com. 60 IN A 192.0.2.1
    ask c1 www.example.com A do
    asked www.example.com A do
    ask c2 www.example.com A cd
    asked www.example.com A cd
    ask c3 www.example.com A do cd
    asked www.example.com A do cd
    answer www.example.com A do NOERROR ad
    > www.example.com. 60 IN A 192.0.2.1
    >> example.com. 60 IN NS ns.example.com.
    reply c1 NOERROR ad
    > www.example.com. 60 IN A 192.0.2.1
    >> example.com. 60 IN NS ns.example.com.
    waits c2
    waits c3
    answer www.example.com A do cd NOERROR
    reply c3 NOERROR
    waits c2
  )");
}

TEST(Rfc4035, NoSignaturesForClientsWithoutDo) {
  play(R"(
    cached fresh www.example.com A do
    > www.example.com. 60 IN A 192.0.2.1
    > www.example.com. 60 IN RRSIG A 8 3 60 20300101000000 20200101000000 1 example.com. AAAA
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
  )");
}

TEST(Rfc6840, AdOnlyForClientsWhoSetAdOrDo) {
  play(R"(
    ask c1 www.example.com A
    ask c2 www.example.com A ad
    asked www.example.com A
    asked nothing
    answer www.example.com A NOERROR ad
    reply c1 NOERROR
    reply c2 NOERROR ad
    ask c3 www.example.com A
    reply c3 NOERROR
    ask c4 www.example.com A ad
    reply c4 NOERROR ad
    cached fresh www.example.com A do ad
    ask c5 www.example.com A do
    reply c5 NOERROR ad
  )");
}

TEST(Rfc1034, QuestionsWithoutRdAreNotMixedWithOthers) {
  play(R"(
    cached fresh www.example.com A
    > www.example.com. 60 IN A 192.0.2.1
    ask c1 www.example.com A nord
    asked www.example.com A nord
    answer www.example.com A nord NOERROR
    reply c1 NOERROR
  )");
}

TEST(Rfc1034, AnswersOfTheCacheAreNotAuthoritative) {
  play(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR aa
    reply c1 NOERROR aa
    ask c2 www.example.com A
    reply c2 NOERROR
  )");
}

TEST(Rfc8482, AnyIsAnsweredMinimally) {
  play(R"(
    ask c1 www.example.com ANY
    reply c1 NOERROR
    > www.example.com. 3600 IN HINFO "RFC8482" ""
    ask c2 www.Example.com ANY tcp do
    reply c2 NOERROR
    > www.Example.com. 3600 IN HINFO "RFC8482" ""
    asked nothing
  )");
}

TEST(Rfc5936, ZoneTransfersAreRefusedOverEachTransport) {
  play(R"(
    ask c1 example.com AXFR
    reply c1 REFUSED
    ask c2 example.com AXFR tcp edns
    reply c2 REFUSED
    ask c3 example.com IXFR tcp
    reply c3 REFUSED
    asked nothing
  )");
}

TEST(Rfc6895, MetaTypesAreNotForwarded) {
  play(R"(
    ask c1 example.com TYPE128
    reply c1 FORMERR
    ask c2 example.com TYPE250
    reply c2 FORMERR
    ask c3 example.com TYPE41
    reply c3 FORMERR
    ask c4 example.com TYPE249
    reply c4 NOTIMPL
    ask c5 example.com MAILB
    reply c5 NOTIMPL
    ask c6 example.com MAILA
    reply c6 NOTIMPL
    ask c7 version.bind TXT class=3
    reply c7 REFUSED
    asked nothing
  )");
}

}  // namespace
}  // namespace dotring::query
