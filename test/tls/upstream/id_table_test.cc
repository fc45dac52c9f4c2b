#include "tls/upstream/id_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace dotring::upstream {
namespace {

struct Query {
  int number = 0;
};
using Table = IdTable<Query>;
using State = Table::State;

constexpr uint64_t kQuarantineMs = 30'000;

TEST(IdTable, FindsWhatWasPutUnderAnId) {
  Table table(8, kQuarantineMs);
  Random random({1, 2});
  Query query;
  const auto id = table.take(query, random, 0);
  ASSERT_TRUE(id);
  EXPECT_EQ(table.find(*id).state, State::Waiting);
  EXPECT_EQ(table.find(*id).query, &query);
  table.release(*id);
  EXPECT_EQ(table.find(*id).state, State::Free);
}

TEST(IdTable, KnowsNoIdThatDiffersInItsHighBits) {
  Table table(8, kQuarantineMs);
  Random random({1, 2});
  Query query;
  const uint16_t id = *table.take(query, random, 0);
  int known = 0;
  for (uint32_t other = 0; other < 65536; ++other) {
    known += table.find(static_cast<uint16_t>(other)).state != State::Free;
  }
  EXPECT_EQ(known, 1);
  EXPECT_EQ(table.find(id).state, State::Waiting);
}

TEST(IdTable, GivesNoIdTwiceAndEndsWhenFull) {
  Table table(1000, kQuarantineMs);
  EXPECT_EQ(table.capacity(), 1024u);
  Random random({1, 2});
  std::vector<Query> queries(1024);
  std::set<uint16_t> ids;
  for (Query& query : queries) ids.insert(*table.take(query, random, 0));
  EXPECT_EQ(ids.size(), 1024u);
  Query more;
  EXPECT_FALSE(table.take(more, random, 0));
  table.release(*ids.begin());
  EXPECT_TRUE(table.take(more, random, 0));
}

TEST(IdTable, AnAbandonedIdIsReservedUntilItsQuarantineEnds) {
  Table table(1, kQuarantineMs);
  Random random({1, 2});
  Query query;
  const uint16_t id = *table.take(query, random, 100);
  table.abandon(id, 100);
  EXPECT_EQ(table.find(id).state, State::Abandoned);
  EXPECT_EQ(table.find(id).query, nullptr);
  EXPECT_EQ(table.abandoned(), 1u);
  EXPECT_FALSE(table.take(query, random, 100 + kQuarantineMs - 1));
  EXPECT_TRUE(table.take(query, random, 100 + kQuarantineMs));
}

TEST(IdTable, AnAbandonedIdIsFreeWhenItsAnswerComes) {
  Table table(1, kQuarantineMs);
  Random random({1, 2});
  Query query;
  const uint16_t id = *table.take(query, random, 0);
  table.abandon(id, 0);
  table.release(id);
  EXPECT_EQ(table.free(), 1u);
  EXPECT_TRUE(table.take(query, random, 1));
}

TEST(IdTable, ClearVisitsThoseThatWaitAndFreesAll) {
  Table table(4, kQuarantineMs);
  Random random({1, 2});
  Query waiting{1}, abandoned{2};
  ASSERT_TRUE(table.take(waiting, random, 0));
  table.abandon(*table.take(abandoned, random, 0), 0);
  std::vector<Query*> visited;
  table.clear([&](Query& query) { visited.push_back(&query); });
  EXPECT_EQ(visited, std::vector<Query*>{&waiting});
  EXPECT_EQ(table.free(), 4u);
}

TEST(IdTable, IdsAreSpreadOverAllSixteenBits) {
  Table table(64, kQuarantineMs);
  Random random({1, 2});
  Query query;
  std::set<uint16_t> seen;
  for (int i = 0; i < 20'000; ++i) {
    const uint16_t id = *table.take(query, random, 0);
    seen.insert(id);
    table.release(id);
  }
  // 65,536 places, 20,000 draws: 17,236 different ones are expected.
  EXPECT_GT(seen.size(), 17'000u);
}

// Against a plain map, whatever the order of events.
TEST(IdTable, AgreesWithAModel) {
  Random random({3, 4});
  Table table(16, 50);
  std::vector<Query> queries(64);
  std::map<uint16_t, Query*> waiting;
  std::map<uint16_t, uint64_t> abandoned;
  for (uint64_t now = 0; now < 20'000; ++now) {
    std::erase_if(abandoned, [&](const auto& entry) { return now - entry.second >= 50; });
    const uint32_t what = random.below(4);
    if (what <= 1) {
      Query& query = queries[random.below(64)];
      const auto id = table.take(query, random, now);
      ASSERT_EQ(id.has_value(), waiting.size() + abandoned.size() < 16);
      ASSERT_TRUE(!id || (waiting.emplace(*id, &query).second && !abandoned.contains(*id)));
    } else if (!waiting.empty()) {
      const auto chosen =
          std::next(waiting.begin(), random.below(static_cast<uint32_t>(waiting.size())));
      if (what == 2) abandoned[chosen->first] = now;
      what == 2 ? table.abandon(chosen->first, now) : table.release(chosen->first);
      waiting.erase(chosen);
    }
    if (random.below(8) == 0 && !abandoned.empty()) {
      table.can_take(now);
      table.release(abandoned.begin()->first);
      abandoned.erase(abandoned.begin());
    }
    ASSERT_EQ(table.waiting(), waiting.size());
    for (const auto& [id, query] : waiting) ASSERT_EQ(table.find(id).query, query);
  }
}

}  // namespace
}  // namespace dotring::upstream
