// What the life of a query asks for beyond single RFCs: joining, refreshing, slower tiers.

#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

TEST(Joining, EqualQuestionsShareOneUpstreamQueryAndEachGetsItsOwnReply) {
  Scenario scenario;
  scenario.play(R"(
    ask c1 www.example.com A
    ask c2 WWW.Example.COM A tcp
    ask c3 wWw.eXample.com A edns=4096 ad
    asked www.example.com A
    asked nothing
    waiting 3
    answer www.example.com A NOERROR ad
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    reply c2 NOERROR
    > WWW.Example.COM. 60 IN A 192.0.2.1
    reply c3 NOERROR ad
    > wWw.eXample.com. 60 IN A 192.0.2.1
    waiting 0
    stored www.example.com A NOERROR
    stored nothing
  )");
  EXPECT_EQ(scenario.world().pipeline->statistics().misses.value(), 3u);
  EXPECT_EQ(scenario.world().pipeline->statistics().joined.value(), 2u);
}

TEST(Joining, OtherQuestionsAreNotTouched) {
  play(R"(
    ask c1 www.example.com A
    ask c2 www.example.com AAAA
    ask c3 www.example.org A
    asked www.example.com A
    asked www.example.com AAAA
    asked www.example.org A
    answer www.example.com AAAA NOERROR
    reply c2 NOERROR
    waits c1
    waits c3
  )");
}

TEST(Joining, AHitKeepsTheCaseThatWasAsked) {
  play(R"(
    cached fresh www.example.com A
    > www.example.com. 60 IN A 192.0.2.1
    ask c1 WwW.eXaMpLe.CoM A
    reply c1 NOERROR
    > WwW.eXaMpLe.CoM. 60 IN A 192.0.2.1
  )");
}

TEST(Joining, AFinishedQuestionCanBeAskedAgain) {
  play(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR tc
    reply c1 NOERROR tc
    ask c2 www.example.com A
    asked www.example.com A
    answer www.example.com A NOERROR tc
    reply c2 NOERROR tc
  )");
}

TEST(Refresh, APopularAnswerIsRefreshedInTheBackground) {
  Scenario scenario;
  scenario.play(R"(
    cached fresh www.example.com A refresh
    > www.example.com. 5 IN A 192.0.2.1
    ask c1 www.example.com A
    reply c1 NOERROR
    > www.example.com. 5 IN A 192.0.2.1
    asked www.example.com A
    waiting 0
    ask c2 www.example.com A
    reply c2 NOERROR
    > www.example.com. 5 IN A 192.0.2.1
    asked nothing
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.2
    stored www.example.com A NOERROR
    ask c3 www.example.com A
    reply c3 NOERROR
    > www.example.com. 60 IN A 192.0.2.2
  )");
  EXPECT_EQ(scenario.world().pipeline->statistics().refreshes.value(), 1u);
}

TEST(Refresh, WhoMissesDuringARefreshJoinsIt) {
  play(R"(
    cached fresh www.example.com A refresh
    ask c1 www.example.com A
    reply c1 NOERROR
    asked www.example.com A
    forget www.example.com A
    ask c2 www.example.com A
    asked nothing
    answer www.example.com A NOERROR
    reply c2 NOERROR
  )");
}

TEST(Refresh, ARefreshThatNeverEndsIsGivenUpAtItsDeadline) {
  Scenario scenario;
  scenario.play(R"(
    cached fresh www.example.com A refresh
    ask c1 www.example.com A
    reply c1 NOERROR
    asked www.example.com A
    after 5000ms
    stored failure www.example.com A
  )");
  EXPECT_EQ(scenario.world().forwarder.cancelled, 1);
  EXPECT_EQ(scenario.world().pipeline->statistics().resolutions.value(), 0u);
}

TEST(Refresh, NoneIsStartedWhileDraining) {
  play(R"(
    cached fresh www.example.com A refresh
    drain
    ask c1 www.example.com A
    reply c1 NOERROR
    asked nothing
    ask c2 other.example A
    asked other.example A
    answer other.example A NOERROR
    reply c2 NOERROR
    waiting 0
  )");
}

TEST(Refresh, RefreshesLeaveRoomForThoseWhoWait) {
  Pipeline::Options options;
  options.resolver.resolutions_max = 4;
  Scenario(options).play(R"(
    cached fresh a.example A refresh
    cached fresh b.example A refresh
    cached fresh c.example A refresh
    ask c1 a.example A
    ask c2 b.example A
    ask c3 c.example A
    reply c1 NOERROR
    reply c2 NOERROR
    reply c3 NOERROR
    asked a.example A
    asked b.example A
    asked nothing
    ask c4 d.example A
    asked d.example A
  )");
}

TEST(SlowerTier, ItIsAskedFirstAndItsAnswerServes) {
  Scenario scenario;
  scenario.play(R"(
    slow-tier on
    ask c1 www.Example.com A
    ask c2 www.example.com A edns
    fetching www.example.com A
    asked nothing
    fetched www.example.com A NOERROR aa
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR
    > www.Example.com. 60 IN A 192.0.2.1
    reply c2 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    asked nothing
    stored nothing
    waiting 0
  )");
  EXPECT_EQ(scenario.world().pipeline->statistics().fetch_hits.value(), 1u);
  EXPECT_EQ(scenario.world().pipeline->statistics().resolutions.value(), 0u);
}

TEST(SlowerTier, WhatItDoesNotHaveIsForwarded) {
  play(R"(
    slow-tier on
    ask c1 www.example.com A
    asked nothing
    fetched www.example.com A nothing
    asked www.example.com A
    answer www.example.com A NOERROR
    reply c1 NOERROR
  )");
}

TEST(SlowerTier, TheWaitForItIsBounded) {
  Scenario scenario;
  scenario.play(R"(
    slow-tier on
    ask c1 www.example.com A
    after 1ms
    asked nothing
    after 1ms
    asked www.example.com A
    answer www.example.com A NOERROR
    reply c1 NOERROR
    stored www.example.com A NOERROR
  )");
  EXPECT_EQ(scenario.world().store.fetches_cancelled, 1);
  EXPECT_EQ(scenario.world().pipeline->statistics().fetch_slow.value(), 1u);
}

TEST(SlowerTier, ItCannotMakeTheWaitLongerThanTheLimit) {
  Scenario scenario;
  scenario.world().store.slow_tier_wait_us = 1'000'000;
  scenario.play(R"(
    slow-tier on
    ask c1 www.example.com A
    after 4ms
    asked nothing
    after 1ms
    asked www.example.com A
    answer www.example.com A NOERROR
    reply c1 NOERROR
  )");
}

TEST(SlowerTier, WhereItAnswersAfterAllTheUpstreamsAnswerStillFillsTheCache) {
  play(R"(
    slow-tier on
    ask c1 www.example.com A
    after 2ms
    asked www.example.com A
    fetched www.example.com A NOERROR
    > www.example.com. 10 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 10 IN A 192.0.2.1
    stored nothing
    answer www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.2
    stored www.example.com A NOERROR
  )");
}

TEST(SlowerTier, NothingFoundAfterTheWaitChangesNothing) {
  play(R"(
    slow-tier on
    ask c1 www.example.com A
    after 2ms
    asked www.example.com A
    fetched www.example.com A nothing
    waits c1
    asked nothing
    answer www.example.com A NOERROR
    reply c1 NOERROR
  )");
}

TEST(SlowerTier, ItCanServeWhereTheForwarderHasNoRoom) {
  play(R"(
    slow-tier on
    forwarder full
    ask c1 a.example A
    ask c2 b.example A edns
    after 2ms
    waits c1
    fetched a.example A NOERROR
    reply c1 NOERROR
    fetched b.example A nothing
    reply c2 SERVFAIL ede=22
    stored nothing
  )");
}

TEST(SlowerTier, ItIsNotAskedForRefreshes) {
  play(R"(
    slow-tier on
    cached fresh www.example.com A refresh
    ask c1 www.example.com A
    reply c1 NOERROR
    asked www.example.com A
  )");
}

TEST(SlowerTier, ItIsAskedForWhatIsStaleHereSomebodyMayHaveRefreshedIt) {
  play(R"(
    slow-tier on
    cached stale www.example.com A refresh
    ask c1 www.example.com A
    fetching www.example.com A
    asked nothing
    fetched www.example.com A NOERROR
    reply c1 NOERROR
    asked nothing
    cached stale ftp.example.com A refresh
    ask c2 ftp.example.com A
    fetched ftp.example.com A nothing
    asked ftp.example.com A
    answer ftp.example.com A NOERROR
    reply c2 NOERROR
  )");
}

TEST(SlowerTier, QuestionsThatNobodyWaitsForLeaveRoomForClients) {
  Pipeline::Options options;
  options.resolver.resolutions_max = 4;
  Scenario scenario(options);
  scenario.play(R"(
    slow-tier on
    ask c1 a.example A
    ask c2 b.example A
    after 2ms
    asked a.example A
    asked b.example A
    fetched a.example A NOERROR
    reply c1 NOERROR
  )");
  EXPECT_EQ(scenario.world().forwarder.cancelled, 1) << "two of four are in flight";
  scenario.play(R"(
    fetched b.example A NOERROR
    reply c2 NOERROR
    answer b.example A NOERROR
  )");
  EXPECT_EQ(scenario.world().forwarder.cancelled, 1) << "one goes on and fills the cache";
}

}  // namespace
}  // namespace dotring::query
