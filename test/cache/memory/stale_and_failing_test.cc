// Stale answers, refreshes and failures over time (RFC 8767, RFC 9520).

#include "test/cache/memory/store_fixture.h"

namespace dotring::cache {
namespace {

using query::Found;
using query::Freshness;

constexpr uint16_t kServFail = 0x8182;
constexpr uint16_t kRefused = 0x8185;

class StaleAndFailing : public testing::Test {
 protected:
  void store_answer(uint32_t ttl_s) { store_.store(key_, Answer("a.test").a(ttl_s)); }
  void store_error(uint16_t flags) { store_.store(key_, Answer("a.test", dns::type::kA, flags)); }
  Freshness freshness() { return store_.freshness(key_); }
  bool refresh_due() { return store_.find(key_).refresh_due; }

  const dns::QuestionKey key_ = key_of("a.test");
  StoreFixture store_;
};

TEST_F(StaleAndFailing, StaleAnswerHasTtl30UntilItsTimeIsOver) {
  store_answer(100);
  store_.go_to(100 + 86399);
  EXPECT_EQ(freshness(), Freshness::Stale);
  EXPECT_EQ(ttls_of(store_.message()), std::vector<uint32_t>{30});
  store_.go_to(100 + 86400);
  EXPECT_EQ(freshness(), Freshness::Missing);
}

TEST_F(StaleAndFailing, NoStaleAnswersWhenForbidden) {
  MemoryOptions options = StoreFixture::small();
  options.ttl.stale_max_s = 0;
  StoreFixture store(options);
  store.store(key_, Answer("a.test").a(100));
  store.pass(100);
  EXPECT_EQ(store.freshness(key_), Freshness::Missing);
}

TEST_F(StaleAndFailing, OneCallerRefreshesAStaleAnswerEach30Seconds) {
  store_answer(100);
  store_.go_to(200);
  EXPECT_TRUE(refresh_due());
  EXPECT_FALSE(refresh_due());
  store_.go_to(229);
  EXPECT_FALSE(refresh_due());
  store_.go_to(230);
  EXPECT_TRUE(refresh_due());
  EXPECT_FALSE(refresh_due());
}

TEST_F(StaleAndFailing, RefreshIsDueAlsoWhenTheRoomIsTooSmall) {
  store_answer(100);
  store_.go_to(200);
  const Found found = store_.find(key_, 20);
  EXPECT_EQ(found.freshness, Freshness::Stale);
  EXPECT_TRUE(found.too_large);
  EXPECT_TRUE(found.refresh_due);
}

TEST_F(StaleAndFailing, PopularAnswerIsRefreshedAheadOfExpiryByOneCaller) {
  store_answer(100);
  store_.go_to(50);
  EXPECT_FALSE(refresh_due());
  store_.go_to(90);
  EXPECT_FALSE(refresh_due());
  store_.go_to(91);
  EXPECT_TRUE(refresh_due());
  EXPECT_FALSE(refresh_due());
}

TEST_F(StaleAndFailing, AnswerNobodyFoundIsNotRefreshedAhead) {
  store_answer(100);
  store_.go_to(95);
  EXPECT_FALSE(refresh_due());
  EXPECT_TRUE(refresh_due());  // now it was found once
}

TEST_F(StaleAndFailing, NewAnswerMustBeFoundAgainToBeRefreshed) {
  store_answer(100);
  store_.find(key_);
  store_answer(100);
  store_.go_to(95);
  EXPECT_FALSE(refresh_due());
}

TEST_F(StaleAndFailing, NoRefreshAheadWhenSwitchedOff) {
  MemoryOptions options = StoreFixture::small();
  options.prefetch_percent = 0;
  StoreFixture store(options);
  store.store(key_, Answer("a.test").a(100));
  store.find(key_);
  store.pass(99);
  EXPECT_FALSE(store.find(key_).refresh_due);
}

// The clock ticks in whole seconds: the first may be over at once, so a back-off takes one tick
// more.
TEST_F(StaleAndFailing, FailureIsRememberedWithGrowingBackOff) {
  uint64_t at = 0;
  for (const uint64_t ticks : {2u, 3u, 5u, 9u, 17u, 33u, 65u, 129u, 257u, 300u, 300u}) {
    store_.go_to(at);
    store_.fail(key_);
    store_.go_to(at + ticks - 1);
    EXPECT_EQ(freshness(), Freshness::Failing) << ticks;
    at += ticks;
    store_.go_to(at);
    EXPECT_EQ(freshness(), Freshness::Missing) << ticks;
  }
}

TEST_F(StaleAndFailing, FailingTellsTheRcodeAndCopiesNothing) {
  store_.fail(key_);
  Found found = store_.find(key_);
  EXPECT_EQ(found.freshness, Freshness::Failing);
  EXPECT_EQ(found.flags, kServFail);
  EXPECT_EQ(found.size, 0u);
  EXPECT_FALSE(found.too_large);
  store_.pass(2);
  store_error(kRefused);
  found = store_.find(key_);
  EXPECT_EQ(found.freshness, Freshness::Failing);
  EXPECT_EQ(found.flags, kRefused);
}

TEST_F(StaleAndFailing, TheExtendedErrorIsTheOneOfWhatWasLearnedLast) {
  const auto error = [&] { return store_.find(key_).extended_error; };
  store_.store(key_, Answer("a.test", dns::type::kA, kRefused).extended_error(15));
  EXPECT_EQ(freshness(), Freshness::Failing);
  EXPECT_EQ(error(), 15);
  store_.fail(key_);
  EXPECT_EQ(error(), std::nullopt);
  store_.store(key_, Answer("a.test").a(100).extended_error(17));
  EXPECT_EQ(freshness(), Freshness::Fresh);
  EXPECT_EQ(error(), 17);
  EXPECT_EQ(store_.find(key_, 20).extended_error, 17) << "also where the room is too small";
  store_answer(100);
  EXPECT_EQ(error(), std::nullopt);
}

TEST_F(StaleAndFailing, ExtendedRcodeDoesNotLookLikeSuccess) {
  store_.store(key_, Answer("a.test").opt(1));
  EXPECT_EQ(freshness(), Freshness::Failing);
  EXPECT_EQ(store_.find(key_).flags, kServFail);
}

TEST_F(StaleAndFailing, FailuresOfSeveralWorkersAtOnceAreOneFailure) {
  for (int worker = 0; worker < 8; ++worker) store_.fail(key_);
  store_.pass(2);
  EXPECT_EQ(freshness(), Freshness::Missing);
}

TEST_F(StaleAndFailing, BackOffStartsAnewAfterALongPause) {
  for (const uint64_t at : {0u, 2u, 5u, 10u}) {
    store_.go_to(at);
    store_.fail(key_);
  }
  store_.go_to(10 + 9 + 300);
  store_.fail(key_);
  store_.pass(2);
  EXPECT_EQ(freshness(), Freshness::Missing);
}

TEST_F(StaleAndFailing, SuccessResetsTheBackOff) {
  for (const uint64_t at : {0u, 2u, 5u, 10u}) {
    store_.go_to(at);
    store_.fail(key_);
  }
  store_.go_to(30);
  store_.store(key_, Answer("a.test").a(0));
  store_.fail(key_);
  store_.pass(2);
  EXPECT_EQ(freshness(), Freshness::Missing);
}

TEST_F(StaleAndFailing, RefusalsAreShortAndDoNotGrow) {
  for (uint64_t at = 0; at < 60; at += 6) {
    store_.go_to(at);
    store_error(kRefused);
    store_.go_to(at + 5);
    EXPECT_EQ(freshness(), Freshness::Failing);
    store_.go_to(at + 6);
    EXPECT_EQ(freshness(), Freshness::Missing);
  }
}

TEST_F(StaleAndFailing, FailureLeavesAFreshAnswerAlone) {
  store_answer(100);
  store_error(kServFail);
  store_.fail(key_);
  EXPECT_EQ(freshness(), Freshness::Fresh);
  EXPECT_EQ(ttls_of(store_.message()), std::vector<uint32_t>{100});
}

TEST_F(StaleAndFailing, FailureLeavesAStaleAnswerUsableAndUnasked) {
  store_answer(100);
  store_.go_to(500);
  for (const uint64_t backoff : {1u, 2u, 4u, 8u, 16u}) {  // shorter than the interval of refreshes
    ASSERT_TRUE(refresh_due()) << backoff;
    store_.fail(key_);
    store_.pass(29);
    EXPECT_EQ(freshness(), Freshness::Stale);
    EXPECT_FALSE(refresh_due()) << backoff;
    store_.pass(1);
  }
  for (const uint64_t ticks : {33u, 65u, 129u, 257u, 300u, 300u}) {
    ASSERT_TRUE(refresh_due()) << ticks;
    store_error(kServFail);
    store_.pass(ticks - 1);
    EXPECT_FALSE(refresh_due()) << ticks;
    store_.pass(1);
  }
  store_answer(100);
  EXPECT_EQ(freshness(), Freshness::Fresh);
}

TEST_F(StaleAndFailing, FailureWithoutARefreshBacksOffToo) {
  store_answer(100);
  store_.go_to(150);
  store_.fail(key_);
  store_.go_to(151);
  EXPECT_FALSE(refresh_due());
  store_.go_to(152);
  EXPECT_TRUE(refresh_due());
}

TEST_F(StaleAndFailing, FailureReplacesAnAnswerThatMayNotServeAnyMore) {
  store_answer(100);
  store_.go_to(100 + 86400);
  store_.fail(key_);
  EXPECT_EQ(freshness(), Freshness::Failing);
  EXPECT_EQ(store_.find(key_).flags, kServFail);
}

TEST_F(StaleAndFailing, AnswerReplacesAFailure) {
  store_.fail(key_);
  store_answer(100);
  EXPECT_EQ(freshness(), Freshness::Fresh);
  EXPECT_EQ(ttls_of(store_.message()), std::vector<uint32_t>{100});
}

}  // namespace
}  // namespace dotring::cache
