#include "cache/prepared_answer.h"

#include "test/cache/answers.h"

namespace dotring::cache {
namespace {

TEST(PreparedAnswer, IsInStoredFormWithTtlsInBounds) {
  TtlPolicy::Options options;
  options.ttl_max_s = 100;
  const TtlPolicy policy(options);
  const Answer answer = Answer("MiXed.TEST").a(300).a(60).opt();
  PreparedAnswer prepared;
  ASSERT_TRUE(prepared.prepare(answer.bytes(), answer.view(), policy, policy.judge(answer.view())));
  EXPECT_EQ(ttls_of(prepared.message()), (std::vector<uint32_t>{100, 60}));
  EXPECT_EQ(load_be16(prepared.message().data()), 0u);
  EXPECT_EQ(prepared.message().size(), answer.bytes().size() - 11);
  EXPECT_TRUE(equal(prepared.question(16), key_of("mixed.test").question_wire()));
}

TEST(PreparedAnswer, OffsetsLeadToTheTtls) {
  const TtlPolicy policy({});
  const Answer answer = Answer("a.test").cname(7, "b.test").a(8).soa(9, 1);
  PreparedAnswer prepared;
  ASSERT_TRUE(prepared.prepare(answer.bytes(), answer.view(), policy, policy.judge(answer.view())));
  std::vector<uint32_t> ttls;
  for (const uint16_t offset : prepared.ttl_offsets()) {
    ttls.push_back(load_be32(prepared.message().data() + offset));
  }
  EXPECT_EQ(ttls, (std::vector<uint32_t>{7, 8, 9}));
}

TEST(PreparedAnswer, SoaOfNegativeAnswerShowsTheNegativeTtl) {
  const TtlPolicy policy({});
  const Answer answer = Answer("a.test", dns::type::kA, 0x8183).soa(900, 60);
  PreparedAnswer prepared;
  ASSERT_TRUE(prepared.prepare(answer.bytes(), answer.view(), policy, policy.judge(answer.view())));
  EXPECT_EQ(ttls_of(prepared.message()), std::vector<uint32_t>{60});
}

TEST(PreparedAnswer, RefusesMoreTtlsThanItCanKeep) {
  const TtlPolicy policy({});
  Answer answer("a.test");
  for (int i = 0; i < 4096; ++i) answer.record(6, 999, 60, {});
  PreparedAnswer prepared;
  EXPECT_FALSE(prepared.prepare(answer.bytes(), answer.view(), policy, {Verdict::Positive, 60, 0}));
}

}  // namespace
}  // namespace dotring::cache
