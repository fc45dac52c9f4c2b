// Where the life of a query ends early: the deadline, limits, clients that are gone, shutdown.

#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

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
