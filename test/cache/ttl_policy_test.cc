#include "cache/ttl_policy.h"

#include "test/cache/answers.h"

namespace dotring::cache {
namespace {

Lifetime judge(const Answer& answer, const TtlPolicy::Options& options = {}) {
  return TtlPolicy(options).judge(answer.view());
}

constexpr uint16_t kResponse = 0x8180;

TEST(TtlPolicy, SmallestTtlDecides) {
  const Lifetime lifetime = judge(Answer("a.test").a(300).a(60).a(600));
  EXPECT_EQ(lifetime.verdict, Verdict::Positive);
  EXPECT_EQ(lifetime.fresh_s, 60u);
  EXPECT_EQ(lifetime.stale_s, 86400u);
}

TEST(TtlPolicy, OptIsNoTtl) {
  EXPECT_EQ(judge(Answer("a.test").a(300).opt()).fresh_s, 300u);
}

TEST(TtlPolicy, FloorAndCeiling) {
  TtlPolicy::Options options;
  options.ttl_min_s = 30;
  options.ttl_max_s = 100;
  EXPECT_EQ(judge(Answer("a.test").a(5), options).fresh_s, 30u);
  EXPECT_EQ(judge(Answer("a.test").a(50), options).fresh_s, 50u);
  EXPECT_EQ(judge(Answer("a.test").a(500), options).fresh_s, 100u);
}

TEST(TtlPolicy, CeilingWinsOverFloor) {
  TtlPolicy::Options options;
  options.ttl_min_s = 200;
  options.ttl_max_s = 100;
  EXPECT_EQ(judge(Answer("a.test").a(5), options).fresh_s, 100u);
}

TEST(TtlPolicy, TtlZeroIsNotKeptUnlessThereIsAFloor) {
  EXPECT_EQ(judge(Answer("a.test").a(0)).verdict, Verdict::Forget);
  TtlPolicy::Options options;
  options.ttl_min_s = 10;
  const Lifetime lifetime = judge(Answer("a.test").a(0), options);
  EXPECT_EQ(lifetime.verdict, Verdict::Positive);
  EXPECT_EQ(lifetime.fresh_s, 10u);
}

TEST(TtlPolicy, NegativeTtlThatLooksNegativeIsZero) {
  EXPECT_EQ(judge(Answer("a.test").a(0x80000000)).verdict, Verdict::Forget);
}

TEST(TtlPolicy, NxDomainLivesAsLongAsSoaSays) {
  const auto nxdomain = [] { return Answer("a.test", dns::type::kA, kResponse | 3); };
  EXPECT_EQ(judge(nxdomain().soa(900, 60)).verdict, Verdict::Negative);
  EXPECT_EQ(judge(nxdomain().soa(900, 60)).fresh_s, 60u);
  EXPECT_EQ(judge(nxdomain().soa(30, 600)).fresh_s, 30u);
}

TEST(TtlPolicy, NoDataLivesAsLongAsSoaSays) {
  const Lifetime lifetime = judge(Answer("a.test").soa(900, 120));
  EXPECT_EQ(lifetime.verdict, Verdict::Negative);
  EXPECT_EQ(lifetime.fresh_s, 120u);
}

TEST(TtlPolicy, NegativeCap) {
  EXPECT_EQ(judge(Answer("a.test").soa(90000, 90000)).fresh_s, 3600u);
  TtlPolicy::Options options;
  options.ttl_max_s = 60;
  EXPECT_EQ(judge(Answer("a.test").soa(900, 900), options).fresh_s, 60u);
}

TEST(TtlPolicy, NegativeWithoutSoaIsNotKept) {
  EXPECT_EQ(judge(Answer("a.test")).verdict, Verdict::Forget);
  EXPECT_EQ(judge(Answer("a.test", dns::type::kA, kResponse | 3)).verdict, Verdict::Forget);
  // Nor for as long as answers that have a TTL are kept at least.
  TtlPolicy::Options options;
  options.ttl_min_s = 60;
  EXPECT_EQ(judge(Answer("a.test"), options).verdict, Verdict::Forget);
}

TEST(TtlPolicy, ChainThatEndsInNothingIsNegativeAndAsShortAsItsLinks) {
  const auto chain = [](uint32_t cname_ttl_s) {
    return Answer("a.test").cname(cname_ttl_s, "b.test");
  };
  EXPECT_EQ(judge(chain(20).soa(900, 300)).verdict, Verdict::Negative);
  EXPECT_EQ(judge(chain(20).soa(900, 300)).fresh_s, 20u);
  EXPECT_EQ(judge(chain(500).soa(900, 300)).fresh_s, 300u);
  EXPECT_EQ(judge(chain(20)).verdict, Verdict::Forget);
}

TEST(TtlPolicy, ChainWithAnswerIsPositive) {
  const Lifetime lifetime = judge(Answer("a.test").cname(20, "b.test").a(300));
  EXPECT_EQ(lifetime.verdict, Verdict::Positive);
  EXPECT_EQ(lifetime.fresh_s, 20u);
}

TEST(TtlPolicy, TruncatedSaysNothing) {
  EXPECT_EQ(judge(Answer("a.test", dns::type::kA, kResponse | dns::kFlagTc).a(300)).verdict,
            Verdict::Ignore);
}

TEST(TtlPolicy, ErrorsAreFailuresOrRefusals) {
  const auto verdict = [](uint16_t rcode) {
    return judge(Answer("a.test", dns::type::kA, static_cast<uint16_t>(kResponse | rcode))).verdict;
  };
  EXPECT_EQ(verdict(dns::rcode::kServFail), Verdict::Failure);
  EXPECT_EQ(verdict(dns::rcode::kFormErr), Verdict::Refusal);
  EXPECT_EQ(verdict(dns::rcode::kNotImp), Verdict::Refusal);
  EXPECT_EQ(verdict(dns::rcode::kRefused), Verdict::Refusal);
  EXPECT_EQ(judge(Answer("a.test").opt(1)).verdict, Verdict::Refusal);  // BADVERS, 16
}

TEST(TtlPolicy, BackOffDoublesBetweenItsBounds) {
  const TtlPolicy policy({});
  EXPECT_EQ(policy.failure_backoff_s(1), 1u);
  EXPECT_EQ(policy.failure_backoff_s(2), 2u);
  EXPECT_EQ(policy.failure_backoff_s(3), 4u);
  EXPECT_EQ(policy.failure_backoff_s(9), 256u);
  EXPECT_EQ(policy.failure_backoff_s(10), 300u);
  EXPECT_EQ(policy.failure_backoff_s(1000), 300u);
}

TEST(TtlPolicy, TtlsOfRecordsStayInBounds) {
  TtlPolicy::Options options;
  options.ttl_min_s = 10;
  options.ttl_max_s = 100;
  const TtlPolicy policy(options);
  const Lifetime positive{Verdict::Positive, 10, 0};
  EXPECT_EQ(policy.clamp_ttl(5, positive), 10u);
  EXPECT_EQ(policy.clamp_ttl(50, positive), 50u);
  EXPECT_EQ(policy.clamp_ttl(500, positive), 100u);
  EXPECT_EQ(policy.clamp_ttl(0x80000000, positive), 10u);
  EXPECT_EQ(policy.clamp_ttl(90, {Verdict::Negative, 60, 0}), 60u);
}

}  // namespace
}  // namespace dotring::cache
