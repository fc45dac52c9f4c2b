// Who stays when there is no room: hit ratios beside LRU's, and memory that comes back.

#include <algorithm>
#include <cmath>
#include <list>
#include <string>
#include <unordered_map>

#include "engine/base/random.h"
#include "test/cache/memory/store_fixture.h"

namespace dotring::cache {
namespace {

/// What the store is compared with: the least recently used name has to go. It has room for as
/// many names as the store could ever hold of the same size.
class Lru {
 public:
  explicit Lru(size_t size_max) : size_max_(size_max) {}

  bool find_or_add(uint64_t name) {
    if (const auto found = places_.find(name); found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    if (order_.size() >= size_max_) {
      places_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(name);
    places_[name] = order_.begin();
    return false;
  }

 private:
  size_t size_max_;
  std::list<uint64_t> order_;
  std::unordered_map<uint64_t, std::list<uint64_t>::iterator> places_;
};

/// Names by popularity: the n-th is asked 1 / n^exponent as often as the first.
class Zipf {
 public:
  Zipf(size_t names, double exponent) {
    double sum = 0;
    for (size_t i = 1; i <= names; ++i) {
      sum += 1 / std::pow(static_cast<double>(i), exponent);
      sums_.push_back(sum);
    }
  }
  uint64_t next(Random& random) {
    const double at = random.unit() * sums_.back();
    return static_cast<uint64_t>(std::lower_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

/// A resolver without an upstream: what is not there is stored at once.
class Resolver {
 public:
  explicit Resolver(const MemoryOptions& options) : store_(options) {}

  bool ask(uint64_t number) {
    char text[32];
    std::snprintf(text, sizeof text, "n%010llu.test", static_cast<unsigned long long>(number));
    const dns::QuestionKey key = key_of(text);
    if (store_.freshness(key) == query::Freshness::Fresh) return true;
    store_.store(key, Answer(text).a(3600));
    return false;
  }
  StoreFixture& store() { return store_; }

 private:
  StoreFixture store_;
};

constexpr size_t kBytes = size_t{1} << 20;
// What fits when all names are as long as those of Resolver: LRU is given as many.
constexpr size_t kEntries = 11008;

MemoryOptions one_mebibyte() {
  MemoryOptions options;
  options.bytes_max = kBytes;
  return options;
}

struct Ratios {
  double ours = 0;
  double lru = 0;
};

/// Popular names and names that are asked once, side by side.
class Race {
 public:
  Race(size_t names, double exponent) : zipf_(names, exponent) {}

  /// Asks `count` popular names, `scanned` one-time names after each; gives the hit ratios of the
  /// popular ones.
  Ratios run(size_t count, size_t scanned) {
    size_t ours = 0;
    size_t theirs = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t name = zipf_.next(random_);
      ours += resolver_.ask(name);
      theirs += lru_.find_or_add(name);
      for (size_t j = 0; j < scanned; ++j) ask_once();
    }
    const auto total = static_cast<double>(count);
    return {static_cast<double>(ours) / total, static_cast<double>(theirs) / total};
  }

 private:
  void ask_once() {
    ++next_scanned_;
    resolver_.ask(next_scanned_);
    lru_.find_or_add(next_scanned_);
  }

  Resolver resolver_{one_mebibyte()};
  Lru lru_{kEntries};
  Zipf zipf_;
  Random random_{{3, 3}};
  uint64_t next_scanned_ = 1000000;
};

void show(const char* what, const Ratios& ratios) {
  std::printf("  %-40s hits %.3f, LRU %.3f\n", what, ratios.ours, ratios.lru);
}

TEST(Eviction, EverythingIsKeptWhileThereIsRoom) {
  Resolver resolver(one_mebibyte());
  for (uint64_t name = 0; name < kEntries; ++name) resolver.ask(name);
  EXPECT_EQ(resolver.store().statistics().evictions, 0u);
  EXPECT_EQ(resolver.store().statistics().entries, kEntries);
  for (uint64_t name = 0; name < kEntries; ++name) ASSERT_TRUE(resolver.ask(name));
  resolver.ask(kEntries);
  EXPECT_GT(resolver.store().statistics().evictions, 0u);
}

// 3,000 popular names; then ten times as many one-time names as there is room for pass by.
TEST(Eviction, AScanDoesNotReachPopularNames) {
  Race race(3000, 1.0);
  race.run(40000, 0);
  const Ratios slow = race.run(10 * kEntries, 1);
  show("scan of as many", slow);
  EXPECT_GT(slow.ours, 0.99);
  const Ratios fast = race.run(kEntries, 10);
  show("scan of ten times as many", fast);
  EXPECT_GT(fast.ours, 0.99);
  EXPECT_LT(fast.lru, 0.75);
}

TEST(Eviction, NotWorseThanLruWithoutAScan) {
  for (const double exponent : {0.7, 0.9, 1.1}) {
    Race race(50000, exponent);
    race.run(50000, 0);
    const Ratios ratios = race.run(100000, 0);
    show("50,000 names", ratios);
    EXPECT_GT(ratios.ours, ratios.lru);
  }
}

TEST(Eviction, BetterThanLruWhenManyNamesAreAskedOnce) {
  Race race(50000, 0.9);
  race.run(100000, 2);
  const Ratios ratios = race.run(100000, 2);
  show("50,000 names, two one-time names for each", ratios);
  EXPECT_GT(ratios.ours, ratios.lru + 0.15);
}

// What was popular yesterday must not stay for ever.
TEST(Eviction, NewFavouritesTakeTheirPlace) {
  Resolver resolver(one_mebibyte());
  const auto ask_all = [&](uint64_t first) {
    size_t hits = 0;
    for (uint64_t name = first; name < first + kEntries * 3 / 4; ++name) hits += resolver.ask(name);
    return hits;
  };
  for (int round = 0; round < 6; ++round) ask_all(0);
  for (int round = 0; round < 6; ++round) ask_all(1000000);
  EXPECT_GT(ask_all(1000000), kEntries * 3 / 4 * 95 / 100);
}

TEST(Eviction, WhatIsUselessLeavesBeforeAnythingElse) {
  Resolver resolver(one_mebibyte());
  for (int round = 0; round < 4; ++round) {
    for (uint64_t name = 0; name < kEntries; ++name) resolver.ask(name);
  }
  resolver.store().pass(3600 + 86400);
  for (uint64_t name = 0; name < kEntries; ++name) resolver.ask(1000000 + name);
  const Statistics statistics = resolver.store().statistics();
  EXPECT_EQ(statistics.evictions, 0u);
  EXPECT_GT(statistics.expirations, kEntries * 9 / 10);
}

// The shortest entries run out of slots before they run out of memory.
TEST(Eviction, ShortEntriesAreBoundedByTheIndex) {
  StoreFixture store(one_mebibyte());
  for (uint32_t i = 0; i < 60000; ++i) {
    const uint8_t name[] = {3, static_cast<uint8_t>('a' + i % 26), static_cast<uint8_t>(i >> 8),
                            static_cast<uint8_t>(i), 0};
    store.fail({dns::Question{Bytes(name), static_cast<uint16_t>(i >> 4), 1}, 0, kHashKey});
  }
  const Statistics statistics = store.statistics();
  EXPECT_EQ(statistics.entries, kBytes / 8 / 8 * 4 / 5);
  EXPECT_LE(statistics.bytes_used, kBytes);
}

TEST(Eviction, RemovedNamesMakeRoom) {
  Resolver resolver(one_mebibyte());
  for (int round = 0; round < 4; ++round) {
    for (uint64_t name = 0; name < kEntries; ++name) resolver.ask(name);
  }
  resolver.ask(kEntries);  // full
  const uint64_t evictions = resolver.store().statistics().evictions;
  EXPECT_GT(resolver.store()->remove_subtree(wire_of(".")), kEntries / 2);
  for (uint64_t name = 0; name < kEntries / 2; ++name) resolver.ask(1000000 + name);
  EXPECT_EQ(resolver.store().statistics().evictions, evictions);
}

}  // namespace
}  // namespace dotring::cache
