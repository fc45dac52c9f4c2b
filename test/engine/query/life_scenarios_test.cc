// What the life of a query asks for beyond single RFCs: joining, refreshing, slower tiers, the
// deadline, limits, shutdown.

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

TEST(SlowerTier, WhenTheUpstreamFailsItIsWaitedForUntilTheDeadline) {
  play(R"(
    slow-tier on
    ask c1 a.example A
    ask c2 b.example A edns
    after 2ms
    asked a.example A
    asked b.example A
    fails a.example A noupstream
    fails b.example A network
    waits c1
    after 100ms
    fetched a.example A NOERROR
    reply c1 NOERROR
    fetched b.example A nothing
    reply c2 SERVFAIL ede=23
    stored failure b.example A
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
    cached stale ftp.example.com A refresh
    ask c2 ftp.example.com A
    asked ftp.example.com A
    answer ftp.example.com A NOERROR
    reply c2 NOERROR
  )");
}

TEST(Deadline, AForwarderThatNeverCallsBackIsNoReasonToWaitForever) {
  Scenario scenario;
  scenario.play(R"(
    ask c1 www.example.com A edns
    asked www.example.com A
    after 4999ms
    waits c1
    after 1ms
    reply c1 SERVFAIL ede=22
    stored failure www.example.com A
    waiting 0
  )");
  EXPECT_EQ(scenario.world().forwarder.cancelled, 1);
  EXPECT_EQ(scenario.world().pipeline->statistics().overdue.value(), 1u);
}

TEST(Deadline, TheForwardersIsABitEarlierAndCountsFromTheFirstArrival) {
  Scenario scenario;
  scenario.play(R"(
    slow-tier on
    ask c1 www.example.com A
    after 2ms
    asked www.example.com A
    fetched www.example.com A nothing
    fails www.example.com A timeout
    reply c1 SERVFAIL
  )");
  EXPECT_EQ(scenario.world().forwarder.deadlines_us,
            std::vector<uint64_t>{(World::kStart_ms + 4980) * 1000});
}

TEST(Deadline, AFetchAndAForwarderThatNeverCallBack) {
  Scenario scenario;
  scenario.play(R"(
    slow-tier on
    ask c1 www.example.com A edns
    after 4999ms
    waits c1
    asked www.example.com A
    after 1ms
    reply c1 SERVFAIL ede=22
  )");
  EXPECT_EQ(scenario.world().forwarder.cancelled, 1);
  EXPECT_EQ(scenario.world().store.fetches_cancelled, 1);
}

TEST(Deadline, NobodyWhoJoinedWaitsLongerThanHisOwnDeadline) {
  play(R"(
    ask c1 www.example.com A
    asked www.example.com A
    after 4000ms
    ask c2 www.example.com A
    after 999ms
    waits c1
    waits c2
    after 1ms
    reply c1 SERVFAIL
    reply c2 SERVFAIL
  )");
}

TEST(Deadline, AStaleAnswerIsBetterThanServFail) {
  Pipeline::Options options;
  options.resolver.stale_answer_delay_ms = 10'000;
  Scenario(options).play(R"(
    cached stale www.example.com A refresh
    ask c1 www.example.com A edns
    asked www.example.com A
    after 5000ms
    reply c1 NOERROR ede=3
  )");
}

TEST(Limits, OverTheLimitTheConfiguredAnswerComesAtOnce) {
  Pipeline::Options options;
  options.resolver.waiting_room.admission.in_flight_max = 2;
  const std::string two = R"(
    ask c1 a.example A
    ask c2 b.example A
    asked a.example A
    asked b.example A
    ask c3 c.example A edns
  )";
  Scenario serv_fail(options);
  serv_fail.play(two + "reply c3 SERVFAIL ede=0\nasked nothing\n");
  EXPECT_EQ(serv_fail.world().pipeline->statistics().shed.value(), 1u);
  options.over_limit = OverLimit::Refuse;
  Scenario(options).play(two + "reply c3 REFUSED ede=0\nasked nothing\n");
  options.over_limit = OverLimit::Drop;
  Scenario(options).play(two + "dropped c3\nasked nothing\n");
}

TEST(Limits, PlacesAreFreeAgainAfterTheReplies) {
  Pipeline::Options options;
  options.resolver.waiting_room.admission.in_flight_max = 1;
  options.resolver.resolutions_max = 1;
  Scenario(options).play(R"(
    ask c1 a.example A
    asked a.example A
    ask c2 a.example A
    reply c2 SERVFAIL
    answer a.example A NOERROR tc
    reply c1 NOERROR tc
    ask c3 b.example A
    asked b.example A
    fails b.example A noupstream
    reply c3 SERVFAIL
    ask c4 b.example A
    asked b.example A
  )");
}

TEST(Limits, OneTransportCannotTakeAllPlaces) {
  Pipeline::Options options;
  options.resolver.waiting_room.admission.in_flight_max_by_transport = {2, 2, 2, 2};
  Scenario(options).play(R"(
    ask c1 a.example A
    ask c2 a.example A
    ask c3 a.example A
    reply c3 SERVFAIL
    ask c4 a.example A tcp
    waits c4
    asked a.example A
  )");
}

TEST(Limits, WaitersPerQuestion) {
  Pipeline::Options options;
  options.resolver.waiting_room.per_question_max = 2;
  Scenario(options).play(R"(
    ask c1 a.example A
    ask c2 a.example A
    ask c3 a.example A
    reply c3 SERVFAIL
    ask c4 b.example A
    waits c4
    asked a.example A
    asked b.example A
  )");
}

TEST(Limits, WhoWasServedByASlowerTierTakesNoPlaceInTheQueue) {
  Pipeline::Options options;
  options.resolver.waiting_room.per_question_max = 1;
  Scenario(options).play(R"(
    slow-tier on
    ask c1 a.example A
    after 2ms
    asked a.example A
    fetched a.example A NOERROR
    reply c1 NOERROR
    forget a.example A
    ask c2 a.example A
    waits c2
    ask c3 a.example A
    reply c3 SERVFAIL
  )");
}

TEST(Limits, QuestionsInFlight) {
  Pipeline::Options options;
  options.resolver.resolutions_max = 1;
  Scenario(options).play(R"(
    ask c1 a.example A
    asked a.example A
    ask c2 b.example A
    reply c2 SERVFAIL
    ask c3 a.example A
    asked nothing
    answer a.example A NOERROR
    reply c1 NOERROR
    reply c3 NOERROR
  )");
}

TEST(Limits, AForwarderWithoutRoomIsALimitToo) {
  Scenario scenario;
  scenario.play(R"(
    forwarder full
    ask c1 a.example A edns
    reply c1 SERVFAIL ede=0
    stored nothing
    waiting 0
    forwarder ready
    ask c2 a.example A
    asked a.example A
  )");
  EXPECT_EQ(scenario.world().pipeline->statistics().forwards_refused.value(), 1u);
}

TEST(Ports, AClientThatIsGoneIsDropped) {
  play(R"(
    gone c1
    ask c1 www.example.com A
    dropped c1
    asked nothing
    ask c2 www.example.com A
    ask c3 www.example.com A
    asked www.example.com A
    gone c2
    answer www.example.com A NOERROR
    dropped c2
    reply c3 NOERROR
    waiting 0
  )");
}

TEST(Ports, GoneClientsWithEachKindOfReply) {
  play(R"(
    gone c1
    gone c2
    gone c3
    gone c4
    gone c5
    cached failing failing.example A
    ask c1 failing.example A
    ask c2 localhost A
    ask c3 example.com ANY
    ask c4 example.com A opcode=1
    ask c5 example.com AXFR
    dropped c1
    dropped c2
    dropped c3
    dropped c4
    dropped c5
    asked nothing
  )");
}

TEST(Ports, ARoomLargerThanAskedForIsNotUsed) {
  Scenario scenario;
  scenario.world().port.extra_room = 4096;
  std::string answer;
  for (int i = 0; i < 31; ++i) answer += "> a.example. 60 IN A 192.0.2." + std::to_string(i) + "\n";
  scenario.play("cached fresh a.example A\n" + answer +
                "ask c1 a.example A\n"
                "reply c1 NOERROR tc\n"
                "forget a.example A\n"
                "ask c2 a.example A\n"
                "asked a.example A\n"
                "answer a.example A NOERROR\n" +
                answer + "reply c2 NOERROR tc\n");
}

TEST(Shutdown, EverybodyIsDroppedAndNobodyCallsBack) {
  World world;
  world.store.has_slow_tier = true;
  world.handle(1, Transport::Udp, make_query({.name = "a.example"}));
  world.store.has_slow_tier = false;
  world.handle(2, Transport::Tcp, make_query({.name = "b.example"}));
  world.handle(3, Transport::Tcp, make_query({.name = "b.example"}));
  EXPECT_EQ(world.pipeline->in_flight(), 3u);
  world.pipeline.reset();
  EXPECT_EQ(world.port.dropped, (std::set<uint64_t>{1, 2, 3}));
  EXPECT_EQ(world.forwarder.cancelled, 1);
  EXPECT_EQ(world.store.fetches_cancelled, 1);
  EXPECT_TRUE(world.forwarder.under_way.empty());
  world.advance_ms(6000);
}

}  // namespace
}  // namespace dotring::query
