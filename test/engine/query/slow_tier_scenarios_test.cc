// A slower tier and an upstream that fails: whichever has an answer is heard.

#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

const std::string kBothAsked = R"(
    slow-tier on
    ask c1 www.example.com A edns
    ask c2 www.example.com A
    after 2ms
    asked www.example.com A
)";

TEST(FailureAndSlowerTier, AFastServFailDoesNotBeatAnAnswerOnItsWay) {
  Scenario scenario;
  scenario.play(kBothAsked + R"(
    answer www.example.com A SERVFAIL ede=6
    waits c1
    after 99ms
    waits c1
    fetched www.example.com A NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    reply c1 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    reply c2 NOERROR
    > www.example.com. 60 IN A 192.0.2.1
    stored nothing
    waiting 0
  )");
  EXPECT_EQ(scenario.world().pipeline->statistics().failed.value(), 0u);
}

TEST(FailureAndSlowerTier, AnExtendedErrorIsToldFromThereToo) {
  play(kBothAsked + R"(
    fetched www.example.com A NXDOMAIN ede=17
    reply c1 NXDOMAIN ede=17
    reply c2 NXDOMAIN
  )");
}

TEST(FailureAndSlowerTier, WithoutAnAnswerTheFailurePasses) {
  play(kBothAsked + R"(
    answer www.example.com A REFUSED ede=18
    waits c1
    fetched www.example.com A nothing
    reply c1 REFUSED ede=18
    reply c2 REFUSED
    stored failure www.example.com A REFUSED
    ask c3 www.example.com A edns
    reply c3 REFUSED ede=18
  )");
}

TEST(FailureAndSlowerTier, AFailureWaitsForItNoLongerThanTheGrace) {
  Scenario scenario;
  scenario.play(kBothAsked + R"(
    answer www.example.com A SERVFAIL
    after 99ms
    waits c1
    after 1ms
    reply c1 SERVFAIL
    reply c2 SERVFAIL
    stored failure www.example.com A
  )");
  EXPECT_EQ(scenario.world().store.fetches_cancelled, 1);
}

TEST(FailureAndSlowerTier, ALostConnectionAndAnAnswerOfNoUseWaitForItToo) {
  play(kBothAsked + R"(
    fails www.example.com A network
    waits c1
    fetched www.example.com A NOERROR
    reply c1 NOERROR
    reply c2 NOERROR
    ask c3 ftp.example.com A edns
    after 2ms
    asked ftp.example.com A
    answer ftp.example.com A NOERROR ecs=24/24
    waits c3
    fetched ftp.example.com A NOERROR
    reply c3 NOERROR
  )");
}

TEST(FailureAndSlowerTier, WhereNoUpstreamCanBeAskedItIsWaitedForTheGraceOnly) {
  play(R"(
    slow-tier on
    forwarder full
    ask c1 www.example.com A edns
    after 101ms
    waits c1
    after 1ms
    reply c1 SERVFAIL ede=22
    stored nothing
  )");
}

TEST(FailureAndSlowerTier, AnAnswerOfTheUpstreamWaitsForNobody) {
  play(kBothAsked + R"(
    answer www.example.com A NXDOMAIN
    reply c1 NXDOMAIN
    reply c2 NXDOMAIN
  )");
}

TEST(Room, AStreamIsAskedForAUsualRoomFirst) {
  Scenario scenario;
  scenario.play("cached fresh www.example.com A\n" + addresses(30) +
                "ask c1 www.example.com A tcp\n"
                "reply c1 NOERROR\n" +
                addresses(30));
  EXPECT_EQ(scenario.world().port.rooms_asked, std::vector<size_t>{4096});
}

TEST(Room, AndForTheLargestOnlyWhereTheAnswerIsLarge) {
  Scenario scenario;
  scenario.play("cached fresh www.example.com A refresh\n" + addresses(300) +
                "ask c1 www.example.com A tcp\n"
                "reply c1 NOERROR\n" +
                addresses(300) + "asked www.example.com A\n");
  EXPECT_EQ(scenario.world().port.rooms_asked, (std::vector<size_t>{4096, 65'535}));
  EXPECT_EQ(scenario.world().store.finds, 1);
  EXPECT_EQ(scenario.world().store.finds_again, 1);
  EXPECT_EQ(scenario.world().pipeline->statistics().hits.value(), 1u);
  EXPECT_EQ(scenario.world().pipeline->statistics().refreshes.value(), 1u);
}

TEST(Room, ByUdpThereIsOneRoomOnly) {
  Scenario scenario;
  scenario.play("cached fresh www.example.com A\n" + addresses(300) +
                "ask c1 www.example.com A edns=4096\n"
                "reply c1 NOERROR tc\n");
  ASSERT_FALSE(scenario.world().port.rooms_asked.empty());
  EXPECT_EQ(scenario.world().port.rooms_asked[0], 1232u);
  EXPECT_EQ(scenario.world().store.finds, 1);
}

}  // namespace
}  // namespace dotring::query
