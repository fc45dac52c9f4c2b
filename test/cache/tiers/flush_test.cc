#include "cache/tiers/flush_keeper.h"
#include "test/cache/answers.h"
#include "test/cache/tiers/fake_redis.h"

namespace dotring::cache::tiers {
namespace {

constexpr uint64_t kNow = 1'700'000'000;

FlushRule rule_of(std::string_view name, bool subtree, uint64_t at_s = kNow) {
  FlushRule rule;
  rule.name = dns::name_from_text(name).value();
  rule.subtree = subtree;
  rule.at_s = at_s;
  return rule;
}

bool hides(const FlushLog& log, std::string_view name, uint64_t stored_s) {
  return log.hides(wire_of(name), stored_s);
}

TEST(FlushLogTest, ANameIsHiddenUntilAfterItsFlush) {
  FlushLog log({});
  EXPECT_FALSE(hides(log, "www.example.com", 1));
  EXPECT_TRUE(log.add(rule_of("www.example.com", false), kNow));
  EXPECT_TRUE(hides(log, "www.example.com", kNow - 1000));
  EXPECT_TRUE(hides(log, "www.example.com", kNow + FlushLog::kMarginS));
  EXPECT_FALSE(hides(log, "www.example.com", kNow + FlushLog::kMarginS + 1));
  EXPECT_FALSE(hides(log, "a.www.example.com", 1));
  EXPECT_FALSE(hides(log, "example.com", 1));
}

TEST(FlushLogTest, ASubtreeHidesWhatIsBelow) {
  FlushLog log({});
  EXPECT_TRUE(log.add(rule_of("example.com", true), kNow));
  EXPECT_TRUE(hides(log, "example.com", kNow));
  EXPECT_TRUE(hides(log, "a.b.example.com", kNow));
  EXPECT_FALSE(hides(log, "com", kNow));
  EXPECT_FALSE(hides(log, "aexample.com", kNow));
  EXPECT_TRUE(log.add(rule_of(".", true), kNow));
  EXPECT_TRUE(hides(log, "com", kNow));
  EXPECT_TRUE(hides(log, ".", kNow));
}

TEST(FlushLogTest, TheLaterTimeCounts) {
  FlushLog log({});
  EXPECT_TRUE(log.add(rule_of("a", false, kNow - 50), kNow));
  EXPECT_TRUE(log.add(rule_of("a", false, kNow), kNow));
  EXPECT_FALSE(log.add(rule_of("a", false, kNow), kNow)) << "no news";
  EXPECT_FALSE(log.add(rule_of("a", false, kNow - 20), kNow));
  EXPECT_TRUE(hides(log, "a", kNow));
}

TEST(FlushLogTest, RulesFromAfarAreNotBelieved) {
  FlushLog log({});
  EXPECT_FALSE(log.add(rule_of("a", false, kNow + FlushLog::kAheadMaxS + 1), kNow));
  EXPECT_FALSE(log.add(rule_of("a", false, kNow - 15 * 86'400), kNow));
  EXPECT_EQ(log.size(), 0u);
}

TEST(FlushLogTest, OldRulesAreForgotten) {
  FlushLog log({.rules_max = 10, .kept_s = 100});
  EXPECT_TRUE(log.add(rule_of("a", false), kNow));
  EXPECT_TRUE(log.add(rule_of("b", false, kNow + 101), kNow + 101));
  EXPECT_EQ(log.size(), 1u);
  EXPECT_EQ(FlushLog::decode(log.encode(kNow + 300))->size(), 0u);
}

TEST(FlushLogTest, TooManyRulesBecomeOneForAll) {
  FlushLog log({.rules_max = 3});
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(log.add(rule_of(name, false), kNow));
  EXPECT_FALSE(hides(log, "x", kNow));
  EXPECT_TRUE(log.add(rule_of("d", false), kNow));
  EXPECT_LE(log.size(), 3u);
  for (const char* name : {"a", "d", "x"}) EXPECT_TRUE(hides(log, name, kNow)) << name;
}

TEST(FlushLogTest, WhatIsEncodedIsDecoded) {
  FlushLog log({});
  log.add(rule_of("a.example", false, kNow - 5), kNow);
  log.add(rule_of("a.example", true, kNow - 7), kNow);
  log.add(rule_of("b.example", true), kNow);
  std::vector<uint8_t> encoded = log.encode(kNow);
  encoded.resize(encoded.size() + 10, 0);
  const auto rules = FlushLog::decode(encoded);
  ASSERT_TRUE(rules);
  EXPECT_EQ(rules->size(), 3u);
  EXPECT_TRUE(log.all_in(*rules, kNow));
  FlushLog other({});
  for (const FlushRule& rule : *rules) EXPECT_TRUE(other.add(rule, kNow));
  EXPECT_TRUE(other.all_in(*rules, kNow));
  EXPECT_TRUE(other.add(rule_of("c", false), kNow));
  EXPECT_FALSE(other.all_in(*rules, kNow));
}

TEST(FlushLogTest, MalformedListsAreRefused) {
  const std::vector<uint8_t> good = FlushLog::encode(rule_of("a.example", true));
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(FlushLog::decode(Bytes(good).first(size))) << size;
  }
  std::vector<uint8_t> bad = good;
  bad.push_back(1);
  EXPECT_FALSE(FlushLog::decode(bad));
  bad = good;
  bad[10] = 2;
  EXPECT_FALSE(FlushLog::decode(bad));
}

/// One appliance's keeper; its messages are delivered by the test.
struct FlushingAppliance {
  explicit FlushingAppliance(FakeRedis& redis, std::vector<SealKey> keys = {})
      : keeper({}, *memory, redis, Envelope(std::move(keys), {3, 4}), log, {timers, clock}, wall) {}

  void store(std::string_view name) {
    const Answer answer = std::move(Answer(name).a(300));
    memory->store(key_of(name), answer.bytes(), answer.view(), 0);
  }
  void flush(const FlushRule& rule) {
    log.add(rule, wall.now_s);
    apply(rule, *memory);
    keeper.tell();
  }
  void pass(uint64_t ms) {
    sleep(ms);
    timers.advance(clock.now_ms());
  }
  /// As pass(), but the wheel has not turned yet.
  void sleep(uint64_t ms) { clock.now_us += ms * 1000; }
  uint64_t entries() const { return memory->statistics().entries; }

  static MemoryOptions options() {
    MemoryOptions small;
    small.bytes_max = size_t{1} << 20;
    return small;
  }

  WallClock wall;
  TimerWheel timers{0};
  TurnClock clock;
  std::unique_ptr<MemoryStore> memory = MemoryStore::create(options());
  FlushLog log{{}};
  FlushKeeper keeper;
};

class FlushKeeperTest : public testing::Test {
 protected:
  /// Everybody gets what was published, the sender too.
  void deliver(std::initializer_list<FlushingAppliance*> appliances) {
    std::vector<FakeRedis::Message> messages;
    messages.swap(redis_.published);
    for (const FakeRedis::Message& message : messages) {
      EXPECT_EQ(message.channel, "dotring:flush");
      for (FlushingAppliance* appliance : appliances) {
        appliance->keeper.on_message(bytes_of(message.octets));
      }
    }
  }
  void start(FlushingAppliance& appliance) {
    appliance.keeper.start();
    redis_.answer();
  }

  FakeRedis redis_;
};

TEST_F(FlushKeeperTest, TheFirstLookMakesTheRulesKnown) {
  FlushingAppliance one(redis_);
  EXPECT_FALSE(one.log.known());
  start(one);
  EXPECT_TRUE(one.log.known());
  EXPECT_TRUE(redis_.stored.empty());
}

TEST_F(FlushKeeperTest, RedisThatComesLateIsLookedAtThen) {
  FlushingAppliance one(redis_);
  redis_.refusing = true;
  start(one);
  EXPECT_FALSE(one.log.known());
  redis_.refusing = false;
  one.pass(100);
  redis_.answer();
  EXPECT_TRUE(one.log.known());
}

TEST_F(FlushKeeperTest, AFlushReachesTheOthersAndThoseWhoStartLater) {
  FlushingAppliance one(redis_), other(redis_);
  start(one);
  start(other);
  one.store("www.example.com");
  other.store("www.example.com");
  other.store("www.example.org");
  one.flush(rule_of("example.com", true));
  one.pass(1);
  redis_.answer();
  deliver({&one, &other});
  EXPECT_EQ(one.entries(), 0u);
  EXPECT_EQ(other.entries(), 1u);
  EXPECT_TRUE(hides(other.log, "www.example.com", kNow));
  EXPECT_EQ(other.keeper.statistics().received.value(), 1u);
  EXPECT_EQ(one.keeper.statistics().received.value(), 0u);
  FlushingAppliance later(redis_);
  start(later);
  EXPECT_TRUE(hides(later.log, "www.example.com", kNow));
}

TEST_F(FlushKeeperTest, WhoLostARaceIsMergedIn) {
  FlushingAppliance one(redis_), other(redis_);
  start(one);
  start(other);
  one.flush(rule_of("a", false));
  other.flush(rule_of("b", false));
  one.pass(1);
  other.pass(1);
  redis_.answer();  // both read the list before either wrote it... or the second saw the first's
  redis_.stored.erase("dotring:flushes");
  deliver({&one, &other});
  one.pass(1001);
  other.pass(1001);
  redis_.answer();
  FlushingAppliance later(redis_);
  start(later);
  EXPECT_TRUE(hides(later.log, "a", kNow));
  EXPECT_TRUE(hides(later.log, "b", kNow));
}

TEST_F(FlushKeeperTest, NewsAfterALongSleepAreWaitedForAsOthersAre) {
  FlushingAppliance one(redis_), other(redis_);
  start(one);
  start(other);
  one.flush(rule_of("a", false));
  one.pass(1);
  redis_.answer();
  other.sleep(5000);
  deliver({&other});
  other.pass(1);
  EXPECT_TRUE(redis_.asked.empty());
  other.pass(1000);
  EXPECT_FALSE(redis_.asked.empty());
  redis_.answer();
}

TEST_F(FlushKeeperTest, WhatWasMissedIsFoundInTheList) {
  FlushingAppliance one(redis_), other(redis_);
  start(one);
  start(other);
  other.store("www.example.com");
  one.flush(rule_of(".", true));
  one.pass(1);
  redis_.answer();
  redis_.published.clear();  // never arrives
  other.keeper.on_gap();
  other.pass(1);
  redis_.answer();
  EXPECT_EQ(other.entries(), 0u);
  EXPECT_EQ(other.keeper.statistics().gaps.value(), 1u);
}

TEST_F(FlushKeeperTest, SeveralThatWereMissedForgetWhatEachOfThemNames) {
  FlushingAppliance one(redis_), other(redis_);
  start(one);
  start(other);
  for (const char* name : {"a.example", "www.a.example", "b.example", "www.b.example", "c.example"})
    other.store(name);
  one.flush(rule_of("a.example", true));
  one.flush(rule_of("b.example", false));
  one.pass(1);
  redis_.answer();
  redis_.published.clear();
  other.keeper.on_gap();
  other.pass(1);
  redis_.answer();
  EXPECT_EQ(other.entries(), 2u);
  EXPECT_EQ(other.memory->remove(key_of("www.b.example").name()), 1u);
  EXPECT_EQ(other.memory->remove(key_of("c.example").name()), 1u);
  EXPECT_EQ(other.keeper.statistics().received.value(), 2u);
}

TEST_F(FlushKeeperTest, AFlushWithoutRedisIsToldWhenItIsBack) {
  FlushingAppliance one(redis_), other(redis_);
  start(one);
  start(other);
  redis_.refusing = true;
  one.flush(rule_of("a", false));
  one.pass(10);
  EXPECT_TRUE(redis_.published.empty());
  redis_.refusing = false;
  one.pass(100);
  redis_.answer();
  deliver({&one, &other});
  EXPECT_TRUE(hides(other.log, "a", kNow));
}

TEST_F(FlushKeeperTest, GarbageIsCountedAndChangesNothing) {
  FlushingAppliance one(redis_);
  start(one);
  one.store("www.example.com");
  for (const std::string& garbage :
       {std::string(), std::string("x"), std::string("\x01\x00\xff\xff", 4)}) {
    one.keeper.on_message(bytes_of(garbage));
  }
  EXPECT_EQ(one.keeper.statistics().messages_refused.value(), 3u);
  EXPECT_EQ(one.entries(), 1u);
}

TEST_F(FlushKeeperTest, SealedRulesShowNoName) {
  const SealKey key = SealKey::from_file_content(std::string(32, 'a')).value();
  FlushingAppliance one(redis_, {key}), other(redis_, {key}), stranger(redis_);
  start(one);
  one.flush(rule_of("secret.example", false));
  one.pass(1);
  redis_.answer();
  ASSERT_EQ(redis_.published.size(), 1u);
  EXPECT_EQ(redis_.published[0].octets.find("secret"), std::string::npos);
  EXPECT_EQ(redis_.stored["dotring:flushes"].value.find("secret"), std::string::npos);
  deliver({&other, &stranger});
  EXPECT_TRUE(hides(other.log, "secret.example", kNow));
  EXPECT_FALSE(hides(stranger.log, "secret.example", kNow));
}

}  // namespace
}  // namespace dotring::cache::tiers
