// What find() gives after what store() took: freshness, TTLs, sizes, keys, removal.

#include "cache/memory/memory_store.h"

#include "cache/memory/shard_plan.h"
#include "engine/dns/stored_answer.h"
#include "test/cache/memory/store_fixture.h"

namespace dotring::cache {
namespace {

using query::Found;
using query::Freshness;

TEST(MemoryStore, KnowsNothingAtFirst) {
  StoreFixture store;
  const Found found = store.find(key_of("a.test"));
  EXPECT_EQ(found.freshness, Freshness::Missing);
  EXPECT_EQ(found.size, 0u);
  EXPECT_FALSE(found.refresh_due);
}

TEST(MemoryStore, GivesTheAnswerWithAgedTtls) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("A.Test").a(300).a(100).opt());
  store.pass(40);
  const Found found = store.find(key_of("a.test"));
  EXPECT_EQ(found.freshness, Freshness::Fresh);
  EXPECT_EQ(found.flags, 0x8180);
  EXPECT_FALSE(found.refresh_due);
  EXPECT_EQ(ttls_of(store.message()), (std::vector<uint32_t>{260, 60}));
  const dns::AnswerView view = dns::view_answer(store.message(), {});
  EXPECT_EQ(view.fault, dns::AnswerFault::None);
  EXPECT_FALSE(view.has_opt);
  EXPECT_TRUE(equal(view.question.name, wire_of("a.test")));
}

TEST(MemoryStore, HintsChangeNothing) {
  StoreFixture store;
  store->prefetch_place(key_of("a.test").hash());
  store->prefetch_answer(key_of("a.test").hash());
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Missing);
  store.store(key_of("a.test"), Answer("a.test").a(300));
  store->prefetch_place(key_of("a.test").hash());
  store->prefetch_answer(key_of("a.test").hash());
  store->prefetch_answer(0);
  EXPECT_EQ(store.statistics().hits_fresh, 0u);
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Fresh);
}

TEST(MemoryStore, FreshUntilTheSmallestTtlEnds) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("a.test").a(300).a(100));
  store.go_to(99);
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Fresh);
  store.go_to(100);
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Stale);
}

TEST(MemoryStore, AgesFromTheWorkersClockThatIsBehind) {
  StoreFixture store;
  store.go_to(10);
  store.store(key_of("a.test"), Answer("a.test").a(300));
  store.go_to(9);
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Fresh);
  EXPECT_EQ(ttls_of(store.message()), std::vector<uint32_t>{300});
}

TEST(MemoryStore, TtlsShowFloorAndCeiling) {
  MemoryOptions options = StoreFixture::small();
  options.ttl.ttl_min_s = 60;
  options.ttl.ttl_max_s = 600;
  StoreFixture store(options);
  store.store(key_of("a.test"), Answer("a.test").a(5).a(5000));
  store.pass(10);
  store.find(key_of("a.test"));
  EXPECT_EQ(ttls_of(store.message()), (std::vector<uint32_t>{50, 590}));
}

TEST(MemoryStore, WhoAsksFirstIsToldTheTtlsThatAreKept) {
  MemoryOptions options = StoreFixture::small();
  options.ttl.ttl_min_s = 60;
  options.ttl.ttl_max_s = 600;
  options.ttl.ttl_negative_max_s = 300;
  StoreFixture store(options);
  for (const Answer& answer : {Answer("a.test").a(5).a(5000).opt(),
                               Answer("a.test", dns::type::kA, 0x8183).soa(9000, 400)}) {
    const dns::AnswerView view = answer.view();
    std::vector<uint8_t> first(answer.bytes().size());
    first.resize(dns::to_stored_form(answer.bytes(), view, first.data()));
    store->bound_ttls(first, view);
    store.store(key_of("a.test"), answer);
    store.find(key_of("a.test"));
    ASSERT_EQ(store.message().size(), first.size());
    EXPECT_EQ(ttls_of(first), ttls_of(store.message()));
  }
}

TEST(MemoryStore, KeysDifferByTypeAndBits) {
  StoreFixture store;
  store.store(key_of("a.test", dns::type::kA, 4), Answer("a.test").a(300));
  EXPECT_EQ(store.freshness(key_of("a.test", dns::type::kAaaa, 4)), Freshness::Missing);
  EXPECT_EQ(store.freshness(key_of("a.test", dns::type::kA, 5)), Freshness::Missing);
  EXPECT_EQ(store.freshness(key_of("a.test", dns::type::kA, 6)), Freshness::Missing);
  EXPECT_EQ(store.freshness(key_of("A.TEST", dns::type::kA, 4)), Freshness::Fresh);
}

TEST(MemoryStore, AnswerToAnotherQuestionIsNotKept) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("b.test").a(300));
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Missing);
  EXPECT_EQ(store.statistics().entries, 0u);
}

TEST(MemoryStore, AnswerThatDoesNotFitIsSaidToBeTooLarge) {
  StoreFixture store;
  const Answer answer = Answer("a.test").a(300);
  store.store(key_of("a.test"), answer);
  const Found found = store.find(key_of("a.test"), answer.bytes().size() - 1);
  EXPECT_EQ(found.freshness, Freshness::Fresh);
  EXPECT_TRUE(found.too_large);
  EXPECT_EQ(found.size, 0u);
  EXPECT_EQ(found.flags, 0x8180);
  EXPECT_FALSE(store.find(key_of("a.test"), answer.bytes().size()).too_large);
  EXPECT_EQ(store.statistics().hits_too_large, 1u);
}

TEST(MemoryStore, LookedUpAgainWithMoreRoomItIsOneHit) {
  StoreFixture store;
  const Answer answer = Answer("a.test").a(300);
  store.store(key_of("a.test"), answer);
  EXPECT_TRUE(store.find(key_of("a.test"), answer.bytes().size() - 1).too_large);
  const Found found = store.find_again(key_of("a.test"));
  EXPECT_EQ(found.freshness, Freshness::Fresh);
  EXPECT_EQ(found.size, store.message().size());
  EXPECT_FALSE(found.too_large);
  EXPECT_EQ(store.statistics().hits_fresh, 1u);
  EXPECT_EQ(store.find_again(key_of("b.test")).freshness, Freshness::Missing);
  EXPECT_EQ(store.statistics().misses, 0u);
}

TEST(MemoryStore, LookedUpAgainItIsNotMorePopular) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("a.test").a(300));
  store.find_again(key_of("a.test"));
  store.pass(299);
  EXPECT_FALSE(store.find(key_of("a.test")).refresh_due) << "only now it is found";
  EXPECT_TRUE(store.find(key_of("a.test")).refresh_due);
}

Answer text_answer(size_t size) {
  return Answer("a.test", dns::type::kTxt).text(300, size);
}

TEST(MemoryStore, AnswerOfAnyLengthIsKeptInAFullShard) {
  MemoryOptions options;
  options.bytes_max = ShardPlan::kShardBytes;
  StoreFixture store(options);
  const dns::QuestionKey key = key_of("a.test", dns::type::kTxt);
  const Answer answer = text_answer(65000);
  store.store(key, answer);
  EXPECT_EQ(store.freshness(key), Freshness::Fresh);
  EXPECT_TRUE(equal(store.message().subspan(2), answer.bytes().subspan(2)));
}

TEST(MemoryStore, AnswerThatIsTooLongForASmallStoreIsRefused) {
  MemoryOptions options;
  options.bytes_max = 64 << 10;
  StoreFixture store(options);
  const dns::QuestionKey key = key_of("a.test", dns::type::kTxt);
  store.store(key, text_answer(5000));
  EXPECT_EQ(store.freshness(key), Freshness::Missing);
  EXPECT_EQ(store.statistics().refused_large, 1u);
}

TEST(MemoryStore, AnswerWithTooManyTtlsIsRefusedAndOutdatesTheOld) {
  StoreFixture store;
  const dns::QuestionKey key = key_of("a.test", dns::type::kTxt);
  store.store(key, text_answer(5));
  Answer answer("a.test", dns::type::kTxt);
  for (size_t i = 0; i <= PreparedAnswer::kTtlsMax; ++i) answer.text(300, 1);
  store.store(key, answer);
  EXPECT_EQ(store.freshness(key), Freshness::Missing);
  EXPECT_EQ(store.statistics().refused_large, 1u);
}

TEST(MemoryStore, NewAnswerReplacesTheOld) {
  StoreFixture store;
  const dns::QuestionKey key = key_of("a.test", dns::type::kTxt);
  store.store(key, text_answer(50));
  for (const size_t size : {10u, 400u, 20u, 1000u}) {
    store.store(key, text_answer(size));
    store.find(key);
    EXPECT_TRUE(equal(store.message().subspan(2), text_answer(size).bytes().subspan(2))) << size;
  }
  EXPECT_EQ(store.statistics().entries, 1u);
  EXPECT_EQ(store.statistics().insertions, 1u);
  EXPECT_EQ(store.statistics().replacements, 4u);
}

TEST(MemoryStore, AnswerThatIsTooLongTakesTheOldOneAway) {
  MemoryOptions options;
  options.bytes_max = 64 << 10;
  StoreFixture store(options);
  const dns::QuestionKey key = key_of("a.test", dns::type::kTxt);
  store.store(key, text_answer(50));
  store.store(key, text_answer(5000));
  EXPECT_EQ(store.freshness(key), Freshness::Missing);
}

TEST(MemoryStore, TruncatedAnswerChangesNothing) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("a.test").a(300));
  store.store(key_of("a.test"), Answer("a.test", dns::type::kA, 0x8380).a(200));
  store.find(key_of("a.test"));
  EXPECT_EQ(ttls_of(store.message()), std::vector<uint32_t>{300});
}

TEST(MemoryStore, AnswerThatMayNotBeKeptTakesTheOldOneAway) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("a.test").a(300));
  store.store(key_of("a.test"), Answer("a.test").a(0));
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Missing);
  EXPECT_EQ(store.statistics().removals, 1u);
}

TEST(MemoryStore, NegativeAnswersAreKept) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("a.test", dns::type::kA, 0x8183).soa(900, 60));
  store.pass(20);
  const Found found = store.find(key_of("a.test"));
  EXPECT_EQ(found.freshness, Freshness::Fresh);
  EXPECT_EQ(found.flags & dns::kRcodeMask, dns::rcode::kNxDomain);
  EXPECT_EQ(ttls_of(store.message()), std::vector<uint32_t>{40});
}

TEST(MemoryStore, WithoutMemoryNothingIsKept) {
  MemoryOptions options;
  options.bytes_max = 0;
  StoreFixture store(options);
  store.store(key_of("a.test"), Answer("a.test").a(300));
  store.fail(key_of("b.test"));
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Missing);
  EXPECT_EQ(store.freshness(key_of("b.test")), Freshness::Missing);
}

TEST(MemoryStore, RemovesAllAboutAName) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("a.test").a(300));
  store.store(key_of("a.test", dns::type::kTxt), Answer("a.test", dns::type::kTxt).text(300, 5));
  store.fail(key_of("a.test", dns::type::kMx));
  store.store(key_of("b.a.test"), Answer("b.a.test").a(300));
  EXPECT_EQ(store->remove(wire_of("a.test")), 3u);
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Missing);
  EXPECT_EQ(store.freshness(key_of("a.test", dns::type::kTxt)), Freshness::Missing);
  EXPECT_EQ(store.freshness(key_of("a.test", dns::type::kMx)), Freshness::Missing);
  EXPECT_EQ(store.freshness(key_of("b.a.test")), Freshness::Fresh);
}

TEST(MemoryStore, RemovesASubtree) {
  StoreFixture store;
  for (const char* name : {"a.test", "b.a.test", "c.b.a.test", "aa.test", "test"}) {
    store.store(key_of(name), Answer(name).a(300));
  }
  EXPECT_EQ(store->remove_subtree(wire_of("a.test")), 3u);
  EXPECT_EQ(store.freshness(key_of("c.b.a.test")), Freshness::Missing);
  EXPECT_EQ(store.freshness(key_of("aa.test")), Freshness::Fresh);
  EXPECT_EQ(store.freshness(key_of("test")), Freshness::Fresh);
  EXPECT_EQ(store->remove_subtree(wire_of(".")), 2u);
  EXPECT_EQ(store.statistics().entries, 0u);
}

TEST(MemoryStore, ClearGivesTheMemoryBack) {
  StoreFixture store;
  const uint64_t bytes_empty = store.statistics().bytes_used;
  store.store(key_of("a.test"), Answer("a.test").a(300));
  EXPECT_GT(store.statistics().bytes_used, bytes_empty);
  EXPECT_EQ(store->clear(), 1u);
  EXPECT_EQ(store.statistics().bytes_used, bytes_empty);
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Missing);
  store.store(key_of("a.test"), Answer("a.test").a(300));
  EXPECT_EQ(store.freshness(key_of("a.test")), Freshness::Fresh);
}

TEST(MemoryStore, CountsWhatWasFound) {
  StoreFixture store;
  store.store(key_of("a.test"), Answer("a.test").a(300));
  store.fail(key_of("b.test"));
  store.find(key_of("a.test"));
  store.find(key_of("b.test"));
  store.find(key_of("c.test"));
  store.pass(300);
  store.find(key_of("a.test"));
  const Statistics statistics = store.statistics();
  EXPECT_EQ(statistics.entries, 2u);
  EXPECT_EQ(statistics.hits_fresh, 1u);
  EXPECT_EQ(statistics.hits_stale, 1u);
  EXPECT_EQ(statistics.hits_failing, 1u);
  EXPECT_EQ(statistics.misses, 1u);
  EXPECT_EQ(statistics.failures, 1u);
  EXPECT_EQ(statistics.refreshes_due, 1u);
}

}  // namespace
}  // namespace dotring::cache
