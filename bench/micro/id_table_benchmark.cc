// The id table of one upstream stream: what a query pays for its id.

#include <benchmark/benchmark.h>

#include <vector>

#include "tls/upstream/id_table.h"

namespace dotring::upstream {
namespace {

struct Query {};

// An id taken, found again and released, with so many others in flight.
void id_table_take_find_release(benchmark::State& state) {
  IdTable<Query> table(1024, 30'000);
  Random random({1, 2});
  Query query;
  for (int64_t i = 0; i < state.range(0); ++i) table.take(query, random, 0);
  for (auto _ : state) {
    const uint16_t id = *table.take(query, random, 0);
    benchmark::DoNotOptimize(table.find(id));
    table.release(id);
  }
}
BENCHMARK(id_table_take_find_release)->Arg(0)->Arg(100)->Arg(1000);

// The same for a query that is given up, whose answer comes late.
void id_table_take_abandon_release(benchmark::State& state) {
  IdTable<Query> table(1024, 30'000);
  Random random({1, 2});
  Query query;
  for (auto _ : state) {
    const uint16_t id = *table.take(query, random, 0);
    table.abandon(id, 0);
    table.release(id);
  }
}
BENCHMARK(id_table_take_abandon_release);

// Released in another order than taken, as answers come.
void id_table_batch(benchmark::State& state) {
  IdTable<Query> table(1024, 30'000);
  Random random({1, 2});
  Query query;
  std::vector<uint16_t> ids(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    for (uint16_t& id : ids) id = *table.take(query, random, 0);
    for (size_t i = 0; i < ids.size(); ++i) table.release(ids[(i * 7) % ids.size()]);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(id_table_batch)->Arg(8)->Arg(64);

}  // namespace
}  // namespace dotring::upstream
