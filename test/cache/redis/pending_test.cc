#include "cache/redis/pending.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "engine/base/random.h"

namespace dotring::cache::redis {
namespace {

Pending pending_get(Get& get) {
  Pending pending;
  pending.kind = Pending::Kind::Get;
  pending.get = &get;
  return pending;
}

TEST(RedisPending, ComesOutInOrderRoundAndRound) {
  PendingQueue queue(3);
  std::deque<Get> gets(20);
  for (size_t i = 0; i < gets.size(); ++i) {
    queue.push(pending_get(gets[i]));
    EXPECT_NE(gets[i].state, nullptr);
    if (i < 2) continue;
    EXPECT_EQ(queue.size(), 3u);
    EXPECT_EQ(queue.pop().get, &gets[i - 2]);
    EXPECT_EQ(gets[i - 2].state, nullptr);
  }
}

TEST(RedisPending, ACancelledOneKeepsItsPlace) {
  PendingQueue queue(3);
  Get first, second;
  queue.push(pending_get(first));
  queue.push(pending_get(second));
  PendingQueue::cancel(first);
  PendingQueue::cancel(first);  // nothing is under way any more
  EXPECT_EQ(first.state, nullptr);
  EXPECT_EQ(queue.pop().get, nullptr);
  EXPECT_EQ(queue.pop().get, &second);
}

// Against a plain queue of strings.
TEST(RedisKeyQueue, KeepsWhatWasPushedUntilItIsReleased) {
  constexpr size_t kCapacity = 200;
  KeyQueue keys(kCapacity);
  std::deque<std::pair<std::string, KeyQueue::Place>> model;
  Random random({1, 2});
  size_t without_room = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key(1 + random.below(60), static_cast<char>('a' + random.below(26)));
    const KeyQueue::Place place = keys.push(bytes_of(key));
    if (place.end == 0) {
      ++without_room;
    } else {
      model.emplace_back(key, place);
    }
    for (const auto& [expected, at] : model) ASSERT_EQ(text_of(keys.at(at)), expected);
    const bool release = place.end == 0 || random.below(3) == 0;
    if (!release || model.empty()) continue;
    keys.release(model.front().second);
    model.pop_front();
  }
  EXPECT_GT(without_room, 100u);
}

TEST(RedisKeyQueue, ReleasingAgainReleasesNothingElse) {
  KeyQueue keys(100);
  const KeyQueue::Place old = keys.push(bytes_of("old"));
  keys.clear();
  const KeyQueue::Place later = keys.push(bytes_of("later"));
  keys.release(old);
  EXPECT_EQ(text_of(keys.at(later)), "later");
  EXPECT_EQ(keys.push(bytes_of(std::string(100, 'x'))).end, 0u) << "later is still there";
  keys.release(later);
  EXPECT_EQ(keys.push(bytes_of(std::string(101, 'x'))).end, 0u);
}

TEST(RedisKeyQueue, WithoutRoomItKeepsNothing) {
  KeyQueue keys(0);
  EXPECT_EQ(keys.push(bytes_of("key")).end, 0u);
}

}  // namespace
}  // namespace dotring::cache::redis
