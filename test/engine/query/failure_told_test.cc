// Who wants to hear of questions that failed hears of each once, and of no other.

#include "test/engine/query/scenario.h"

namespace dotring::query {
namespace {

struct Told {
  std::string key;
  ForwardResult cause;
  uint16_t rcode;
  uint32_t clients;
};

class FailureTest : public testing::Test {
 protected:
  static std::string key_of(Scenario& scenario, const std::string& name) {
    return FakeStore::text_of_key(scenario.world().key(name, "A", dns::QuestionKey::kRd));
  }
  std::vector<Told> play(std::string_view text) {
    std::vector<Told> told;
    Pipeline::Options options;
    options.resolver.on_failure = [&told](const QuestionFailure& failure) {
      told.push_back(
          {FakeStore::text_of_key(failure.key), failure.cause, failure.rcode, failure.clients});
    };
    Scenario scenario(options);
    scenario.play(text);
    expected_key_ = key_of(scenario, "www.example.com");
    return told;
  }
  std::string expected_key_;
};

TEST_F(FailureTest, ATimeOutIsToldOnceForAllWhoWaited) {
  const std::vector<Told> told = play(R"(
    ask c1 www.example.com A
    ask c2 www.example.com A
    asked www.example.com A
    fails www.example.com A timeout
    reply c1 SERVFAIL
    reply c2 SERVFAIL
  )");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].key, expected_key_);
  EXPECT_EQ(told[0].cause, ForwardResult::TimedOut);
  EXPECT_EQ(told[0].rcode, dns::rcode::kServFail);
  EXPECT_EQ(told[0].clients, 2u);
}

TEST_F(FailureTest, AnErrorOfTheUpstreamIsToldWithItsRcode) {
  const std::vector<Told> told = play(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A REFUSED
    reply c1 REFUSED
  )");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].cause, ForwardResult::Answered);
  EXPECT_EQ(told[0].rcode, dns::rcode::kRefused);
}

TEST_F(FailureTest, AnswersAreNotTold) {
  EXPECT_TRUE(play(R"(
    ask c1 www.example.com A
    asked www.example.com A
    answer www.example.com A NXDOMAIN
    reply c1 NXDOMAIN
  )")
                  .empty());
}

}  // namespace
}  // namespace dotring::query
