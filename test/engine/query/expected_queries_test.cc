// Hints about queries that will come: the store is told of the very keys it will be asked for.

#include "test/engine/query/fakes.h"

namespace dotring::query {
namespace {

TEST(ExpectedQueries, TheStoreHearsOfEachKeyTwiceBeforeItIsAskedForIt) {
  World world;
  std::vector<Octets> queries;
  for (int i = 0; i < 8; ++i) {
    queries.push_back(make_query({.name = "Name" + std::to_string(i) + ".test",
                                  .cd = i % 2 == 0,
                                  .edns = i % 3 == 0,
                                  .dnssec_ok = i % 3 == 0}));
  }
  for (const Octets& query : queries) world.pipeline->expect(query);
  for (size_t i = 0; i < queries.size(); ++i) world.handle(i, Transport::Udp, queries[i]);

  const FakeStore& store = world.store;
  EXPECT_EQ(store.places, store.keys_looked_for);
  // The second hint comes when the first has had time: four queries later.
  const std::vector<uint64_t> first_four(store.places.begin(), store.places.begin() + 4);
  EXPECT_EQ(std::vector<uint64_t>(store.answers.begin() + 4, store.answers.end()), first_four);
}

TEST(ExpectedQueries, AnythingMayBeExpected) {
  World world;
  world.pipeline->expect({});
  world.pipeline->expect(Octets(11, 0xff));
  world.pipeline->expect(Octets(600, 0xff));
  Octets cut_off = make_query({.name = "a.test"});
  cut_off.resize(cut_off.size() - 3);
  world.pipeline->expect(cut_off);
  EXPECT_TRUE(world.store.places.empty());
  EXPECT_TRUE(world.port.ended.empty());
}

}  // namespace
}  // namespace dotring::query
