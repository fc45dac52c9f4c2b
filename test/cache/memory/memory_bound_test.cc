// The bound in bytes is what the process really holds.

#include <cstdio>
#include <string>

#include "engine/base/random.h"
#include "test/cache/memory/store_fixture.h"

namespace dotring::cache {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kResidentSizeMeansSomething = false;
constexpr size_t kBound = size_t{4} << 20;
#else
constexpr bool kResidentSizeMeansSomething = true;
constexpr size_t kBound = size_t{32} << 20;
#endif

size_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  size_t pages_total = 0;
  size_t pages = 0;
  EXPECT_EQ(std::fscanf(file, "%zu %zu", &pages_total, &pages), 2);
  std::fclose(file);
  return pages * 4096;
}

std::string name_of(uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "n%09llu.dot.test", static_cast<unsigned long long>(number));
  return text;
}

TEST(MemoryBound, EmptyStoreHoldsNextToNothing) {
  const size_t before = resident_bytes();
  MemoryOptions options;
  options.bytes_max = size_t{1} << 30;
  StoreFixture store(options);
  EXPECT_LT(store.statistics().bytes_used, size_t{1} << 20);
  if (!kResidentSizeMeansSomething) return;
  EXPECT_LT(resident_bytes() - before, size_t{2} << 20);
}

TEST(MemoryBound, HoldsForAnswersOfRandomSizes) {
  MemoryOptions options;
  options.bytes_max = kBound;
  const size_t before = resident_bytes();
  StoreFixture store(options);
  Random random({4, 4});
  size_t bytes_stored = 0;
  for (uint64_t i = 0; bytes_stored < 4 * options.bytes_max; ++i) {
    const size_t size = 1 + (random.below(20) > 0 ? random.below(400) : random.below(8000));
    const std::string name = name_of(random.below(100000));
    const dns::QuestionKey key = key_of(name, dns::type::kTxt);
    store.store(key, Answer(name, dns::type::kTxt).text(300, size));
    if (random.below(4) == 0) store.find(key);
    bytes_stored += size;
    if (i % 64 > 0) continue;
    ASSERT_LE(store.statistics().bytes_used, options.bytes_max);
  }
  const size_t used = store.statistics().bytes_used;
  EXPECT_GT(used, options.bytes_max * 85 / 100);
  if (!kResidentSizeMeansSomething) return;
  const size_t growth = resident_bytes() - before;
  std::printf("  bound %zu, used %zu, resident %zu KiB\n", options.bytes_max >> 10, used >> 10,
              growth >> 10);
  EXPECT_LE(growth, options.bytes_max * 115 / 100);
  EXPECT_GE(growth, used * 80 / 100);
}

TEST(MemoryBound, ATypicalAnswerTakesLessThan150Octets) {
  MemoryOptions options;
  options.bytes_max = size_t{16} << 20;
  StoreFixture store(options);
  constexpr uint64_t kAnswers = 100000;
  for (uint64_t i = 0; i < kAnswers; ++i) {
    const std::string name = name_of(i);
    store.store(key_of(name), Answer(name).a(300).opt());
  }
  const Statistics statistics = store.statistics();
  EXPECT_EQ(statistics.entries, kAnswers);
  EXPECT_LT(statistics.bytes_used / kAnswers, 150u);
}

TEST(MemoryBound, ClearGivesPagesBack) {
  MemoryOptions options;
  options.bytes_max = size_t{16} << 20;
  StoreFixture store(options);
  for (uint64_t i = 0; i < 100000; ++i) {
    const std::string name = name_of(i);
    store.store(key_of(name), Answer(name).a(300));
  }
  const size_t before = resident_bytes();
  store->clear();
  EXPECT_LT(store.statistics().bytes_used, size_t{1} << 18);
  if (!kResidentSizeMeansSomething) return;
  EXPECT_LT(resident_bytes() + (size_t{6} << 20), before);
}

}  // namespace
}  // namespace dotring::cache
