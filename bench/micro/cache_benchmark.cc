// The store in memory: hit, miss, insert, insert with eviction, a million answers.
//
// `dotring_micro --benchmark_filter=Cache`. Keys and answers are made before the clock runs; what
// is measured is find() and store() alone. bytes_per_answer has index and all else in it.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <vector>

#include "cache/memory/memory_store.h"
#include "engine/base/random.h"

namespace dotring::cache {
namespace {

constexpr HashKey kHashKey{1, 2};

/// A question with a name of 20 octets, and its answer: one A record of 300 s.
struct Exchange {
  explicit Exchange(uint32_t number) {
    char name[16];
    std::snprintf(name, sizeof name, "name%08x", number);
    dns::write_header({0, 0x8180, 1, 1, 0, 0}, message.data());
    Writer writer(message, dns::kHeaderSize);
    writer.u8(12);
    writer.bytes(bytes_of(name));
    writer.bytes(bytes_of(std::string_view("\5bench\0", 7)));
    writer.u16(dns::type::kA);
    writer.u16(dns::kClassIn);
    writer.bytes(bytes_of(std::string_view("\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\300\0\2\1", 16)));
    size = writer.offset();
    const dns::Question question{Bytes(message).subspan(dns::kHeaderSize, 20), dns::type::kA,
                                 dns::kClassIn};
    key = dns::QuestionKey(question, dns::QuestionKey::kRd, kHashKey);
  }
  Bytes bytes() const { return Bytes(message).first(size); }

  std::array<uint8_t, 64> message;
  size_t size;
  dns::QuestionKey key;
};

std::vector<Exchange> exchanges(uint32_t count, uint32_t first = 0) {
  std::vector<Exchange> all;
  all.reserve(count);
  Random random({1, 1});
  for (uint32_t i = 0; i < count; ++i) all.emplace_back(first + i);
  for (uint32_t i = count; i > 1; --i) std::swap(all[i - 1], all[random.below(i)]);
  return all;
}

std::unique_ptr<MemoryStore> store_of(size_t mebibytes) {
  MemoryOptions options;
  options.bytes_max = mebibytes << 20;
  return MemoryStore::create(options);
}

void fill(MemoryStore& store, const std::vector<Exchange>& all) {
  const dns::AnswerView view = dns::view_answer(all.front().bytes(), {});
  for (const Exchange& each : all) {
    dns::AnswerView its_view = view;
    its_view.question.name = each.key.name();
    store.store(each.key, each.bytes(), its_view, 0);
  }
}

void hit(benchmark::State& state) {
  const auto all = exchanges(static_cast<uint32_t>(state.range(0)));
  const auto store = store_of(256);
  fill(*store, all);
  std::array<uint8_t, dns::kUdpSizeDefault> room;
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(store->find(all[i].key, 7, room).size);
    if (++i == all.size()) i = 0;
  }
  state.counters["bytes_per_answer"] =
      static_cast<double>(store->statistics().bytes_used) / static_cast<double>(all.size());
}
BENCHMARK(hit)->Name("CacheHit")->Arg(10000)->Arg(1000000);

void miss(benchmark::State& state) {
  const auto all = exchanges(10000);
  const auto others = exchanges(10000, 1u << 30);
  const auto store = store_of(64);
  fill(*store, all);
  std::array<uint8_t, dns::kUdpSizeDefault> room;
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(store->find(others[i].key, 7, room).size);
    if (++i == others.size()) i = 0;
  }
}
BENCHMARK(miss)->Name("CacheMiss");

/// Stores a million different answers again and again. Where there is room for all, the store is
/// emptied in between, off the clock.
void insert(benchmark::State& state, size_t mebibytes, bool room_for_all) {
  const auto all = exchanges(1000000);
  const dns::AnswerView view = dns::view_answer(all.front().bytes(), {});
  const auto store = store_of(mebibytes);
  size_t i = 0;
  for (auto _ : state) {
    dns::AnswerView its_view = view;
    its_view.question.name = all[i].key.name();
    store->store(all[i].key, all[i].bytes(), its_view, 0);
    if (++i < all.size()) continue;
    i = 0;
    state.PauseTiming();
    if (room_for_all) store->clear();
    state.ResumeTiming();
  }
  state.counters["evictions"] = static_cast<double>(store->statistics().evictions);
}
BENCHMARK_CAPTURE(insert, into_room, 256, true)->Name("CacheInsert");
BENCHMARK_CAPTURE(insert, evicting, 16, false)->Name("CacheInsertEvicting");

void replace(benchmark::State& state) {
  const auto all = exchanges(10000);
  const auto store = store_of(64);
  fill(*store, all);
  const dns::AnswerView view = dns::view_answer(all.front().bytes(), {});
  size_t i = 0;
  for (auto _ : state) {
    dns::AnswerView its_view = view;
    its_view.question.name = all[i].key.name();
    store->store(all[i].key, all[i].bytes(), its_view, 0);
    if (++i == all.size()) i = 0;
  }
}
BENCHMARK(replace)->Name("CacheReplace");

}  // namespace
}  // namespace dotring::cache
