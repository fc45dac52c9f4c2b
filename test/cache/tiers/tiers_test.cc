#include "cache/tiers/tiers.h"

#include "test/cache/answers.h"
#include "test/cache/tiers/fake_redis.h"
#include "test/cache/tiers/seal_keys.h"

namespace dotring::cache::tiers {
namespace {

/// One appliance: its memory, its view of a Redis that others may share.
struct Appliance {
  explicit Appliance(FakeRedis& shared, std::vector<SealKey> keys = {})
      : redis(shared), keys_(std::move(keys)) {
    log.set_known();
    clock.now_us = 1'000'000'000;
    restart();
  }

  void restart() {
    tiers.reset();
    MemoryOptions options;
    options.bytes_max = size_t{1} << 20;
    options.ttl.stale_max_s = 1000;
    memory = MemoryStore::create(options);
    tiers = std::make_unique<Tiers>(Tiers::Options(), *memory, redis,
                                    Envelope(keys_, {1, ++starts_}), log, clock, wall);
  }
  void store(const dns::QuestionKey& key, const Answer& answer) {
    tiers->store(key, answer.bytes(), answer.view(), clock.now_s());
  }
  void pass(uint64_t seconds) {
    clock.now_us += seconds * 1'000'000;
    wall.now_s += seconds;
  }
  query::Freshness freshness(const dns::QuestionKey& key) {
    std::vector<uint8_t> room(65535);
    return tiers->find(key, clock.now_s(), room).freshness;
  }

  FakeRedis& redis;
  TurnClock clock;
  WallClock wall;
  FlushLog log{{}};
  std::unique_ptr<MemoryStore> memory;
  std::unique_ptr<Tiers> tiers;

 private:
  std::vector<SealKey> keys_;
  uint64_t starts_ = 0;
};

/// Somebody who waits for what Redis has.
struct Client : query::Fetch {
  explicit Client(const dns::QuestionKey& question) {
    key = &question;
    on_done = [](query::Fetch& fetch, Bytes message) {
      auto& self = static_cast<Client&>(fetch);
      ++self.answers;
      self.answer.assign(message.begin(), message.end());
    };
  }
  int answers = 0;
  std::vector<uint8_t> answer;
};

class TiersTest : public testing::Test {
 protected:
  /// The answer that Redis has for `key`; empty when none.
  std::vector<uint8_t> fetched(Appliance& appliance, const dns::QuestionKey& key) {
    Client client(key);
    EXPECT_TRUE(appliance.tiers->fetch(client));
    redis_.answer();
    EXPECT_EQ(client.answers, 1);
    return client.answer;
  }

  const dns::QuestionKey key_ = key_of("www.example.com");
  const Answer answer_ = std::move(Answer("www.example.com").a(300));
  FakeRedis redis_;
};

TEST_F(TiersTest, ARestartFindsWhatWasStored) {
  Appliance appliance(redis_);
  appliance.store(key_, answer_);
  ASSERT_EQ(redis_.stored.count("dotring:answer/www.example.com./A/IN/r"), 1u);
  appliance.pass(100);
  appliance.restart();
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Missing);
  const std::vector<uint8_t> answer = fetched(appliance, key_);
  EXPECT_EQ(ttls_of(answer), std::vector<uint32_t>{200});
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Fresh);
  EXPECT_EQ(appliance.tiers->statistics().hits_fresh.value(), 1u);
  appliance.pass(200);
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Stale);
}

TEST_F(TiersTest, KeysExpireWithTheStaleTime) {
  Appliance appliance(redis_);
  appliance.store(key_, answer_);
  EXPECT_EQ(redis_.stored.begin()->second.ttl_ms, 1'300'000u);
  EXPECT_EQ(appliance.tiers->statistics().written.value(), 1u);
}

TEST_F(TiersTest, WhatOneAskedTheOtherAnswers) {
  Appliance one(redis_), other(redis_);
  other.wall.now_s += 5;  // clocks are never the same
  one.store(key_, answer_);
  EXPECT_EQ(ttls_of(fetched(other, key_)), std::vector<uint32_t>{295});
  other.wall.now_s -= 10;
  one.store(key_, answer_);
  other.restart();
  EXPECT_EQ(ttls_of(fetched(other, key_)), std::vector<uint32_t>{300}) << "not more than it was";
}

TEST_F(TiersTest, AStaleAnswerIsKeptAndNotGiven) {
  Appliance appliance(redis_);
  appliance.store(key_, answer_);
  appliance.pass(400);
  appliance.restart();
  EXPECT_TRUE(fetched(appliance, key_).empty());
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Stale);
  EXPECT_EQ(appliance.tiers->statistics().hits_stale.value(), 1u);
}

TEST_F(TiersTest, FailuresStayHere) {
  Appliance appliance(redis_);
  appliance.store(key_, Answer("www.example.com", dns::type::kA, 0x8182));
  appliance.tiers->store_failure(key_, {}, appliance.clock.now_s());
  EXPECT_TRUE(redis_.stored.empty());
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Failing);
}

TEST_F(TiersTest, AnswersThatMayNotBeKeptAreNotWritten) {
  Appliance appliance(redis_);
  appliance.store(key_, Answer("www.example.com").a(0));
  appliance.store(key_, Answer("www.example.com", dns::type::kA, 0x8380).a(300));  // TC
  appliance.store(key_, Answer("www.example.org").a(300));  // another question
  EXPECT_TRUE(redis_.stored.empty());
}

TEST_F(TiersTest, ANegativeAnswerIsShared) {
  Appliance appliance(redis_);
  appliance.store(key_, Answer("www.example.com", dns::type::kA, 0x8183).soa(600, 60));
  appliance.restart();
  const std::vector<uint8_t> answer = fetched(appliance, key_);
  ASSERT_FALSE(answer.empty());
  EXPECT_EQ(answer[3] & 15, 3);
}

TEST_F(TiersTest, NothingIsWaitedForWhereNothingCanBeAsked) {
  Appliance appliance(redis_);
  redis_.refusing = true;
  Client client(key_);
  EXPECT_FALSE(appliance.tiers->fetch(client));
  appliance.store(key_, answer_);
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Fresh);
  EXPECT_EQ(appliance.tiers->statistics().refused.value(), 1u);
  EXPECT_EQ(appliance.tiers->statistics().write_drops.value(), 1u);
}

TEST_F(TiersTest, NothingIsAskedBeforeTheFlushesAreKnown) {
  Appliance appliance(redis_);
  FlushLog unknown({});
  Tiers tiers({}, *appliance.memory, redis_, Envelope({}, {1, 2}), unknown, appliance.clock,
              appliance.wall);
  Client client(key_);
  EXPECT_FALSE(tiers.fetch(client));
  unknown.set_known();
  EXPECT_TRUE(tiers.fetch(client));
  redis_.answer();
}

TEST_F(TiersTest, AFailureIsNoAnswer) {
  Appliance appliance(redis_);
  appliance.store(key_, answer_);
  appliance.restart();
  redis_.failing = true;
  EXPECT_TRUE(fetched(appliance, key_).empty());
  EXPECT_EQ(appliance.tiers->statistics().failures.value(), 1u);
}

TEST_F(TiersTest, ACancelledFetchIsNotAnswered) {
  Appliance appliance(redis_);
  Client client(key_);
  ASSERT_TRUE(appliance.tiers->fetch(client));
  appliance.tiers->cancel_fetch(client);
  redis_.answer();
  EXPECT_EQ(client.answers, 0);
  EXPECT_EQ(redis_.cancelled, 1u);
  ASSERT_TRUE(appliance.tiers->fetch(client));
  appliance.tiers.reset();
  EXPECT_EQ(redis_.cancelled, 2u);
}

TEST_F(TiersTest, AsManyAsTheLimitAreUnderWay) {
  Appliance appliance(redis_);
  Tiers::Options options;
  options.gets_max = 1;
  Tiers tiers(options, *appliance.memory, redis_, Envelope({}, {1, 2}), appliance.log,
              appliance.clock, appliance.wall);
  Client first(key_), second(key_);
  EXPECT_TRUE(tiers.fetch(first));
  EXPECT_FALSE(tiers.fetch(second));
  redis_.answer();
  EXPECT_TRUE(tiers.fetch(second));
  redis_.answer();
}

TEST_F(TiersTest, WhatOthersWroteThereIsAMissAndCounted) {
  Appliance appliance(redis_);
  const std::string key = "dotring:answer/www.example.com./A/IN/r";
  const auto& faults = appliance.tiers->statistics().envelope_faults;
  redis_.stored[key] = {"garbage", 0};
  EXPECT_TRUE(fetched(appliance, key_).empty());
  EXPECT_EQ(faults[static_cast<size_t>(EnvelopeFault::Version)].value(), 1u);
  redis_.stored[key] = {"", 0};
  EXPECT_TRUE(fetched(appliance, key_).empty());
  redis_.stored[key] = {std::string(1 << 20, '\x01'), 0};
  EXPECT_TRUE(fetched(appliance, key_).empty());
  EXPECT_EQ(faults[static_cast<size_t>(EnvelopeFault::Malformed)].value(), 2u);
  redis_.stored[key] = {std::string("\x01\x00xxx", 5), 0};
  EXPECT_TRUE(fetched(appliance, key_).empty());
  const auto& values = appliance.tiers->statistics().value_faults;
  EXPECT_EQ(values[static_cast<size_t>(ValueFault::Malformed)].value(), 1u);
}

TEST_F(TiersTest, TheReadersLimitsCount) {
  Appliance appliance(redis_);
  appliance.store(key_, answer_);
  MemoryOptions options;
  options.bytes_max = size_t{1} << 20;
  options.ttl.ttl_max_s = 60;
  appliance.tiers.reset();
  appliance.memory = MemoryStore::create(options);
  appliance.tiers =
      std::make_unique<Tiers>(Tiers::Options(), *appliance.memory, redis_, Envelope({}, {1, 2}),
                              appliance.log, appliance.clock, appliance.wall);
  EXPECT_EQ(ttls_of(fetched(appliance, key_)), std::vector<uint32_t>{60});
  appliance.pass(60);
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Stale);
}

TEST_F(TiersTest, WhatMemoryLearnedMeanwhileIsNotReplacedByOlder) {
  Appliance appliance(redis_);
  appliance.store(key_, answer_);
  appliance.pass(100);
  appliance.restart();
  Client client(key_);
  ASSERT_TRUE(appliance.tiers->fetch(client));
  const Answer newer = std::move(Answer("www.example.com").a(1000, 7));
  appliance.memory->store(key_, newer.bytes(), newer.view(), appliance.clock.now_s());
  redis_.answer();
  std::vector<uint8_t> room(65535);
  const query::Found found = appliance.tiers->find(key_, appliance.clock.now_s(), room);
  EXPECT_EQ(ttls_of(Bytes(room).first(found.size)), std::vector<uint32_t>{1000});
}

TEST_F(TiersTest, ARememberedFailureGoesWhenRedisHasAnAnswer) {
  Appliance appliance(redis_);
  appliance.store(key_, answer_);
  appliance.restart();
  appliance.tiers->store_failure(key_, {}, appliance.clock.now_s());
  EXPECT_FALSE(fetched(appliance, key_).empty());
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Fresh);
}

TEST_F(TiersTest, FlushedNamesAreMisses) {
  Appliance appliance(redis_);
  appliance.store(key_, answer_);
  appliance.restart();
  FlushRule rule;
  rule.name = dns::name_from_text("example.com").value();
  rule.subtree = true;
  rule.at_s = appliance.wall.now_s;
  ASSERT_TRUE(appliance.log.add(rule, appliance.wall.now_s));
  EXPECT_TRUE(fetched(appliance, key_).empty());
  EXPECT_EQ(appliance.freshness(key_), query::Freshness::Missing);
  EXPECT_EQ(appliance.tiers->statistics().flushed.value(), 1u);
  appliance.pass(FlushLog::kMarginS + 1);
  appliance.store(key_, answer_);
  EXPECT_FALSE(fetched(appliance, key_).empty());
}

TEST_F(TiersTest, SealedAnswersComeBackAndShowNothing) {
  Appliance appliance(redis_, {key_number('a')});
  appliance.store(key_, answer_);
  ASSERT_EQ(redis_.stored.size(), 1u);
  const auto& [key, stored] = *redis_.stored.begin();
  EXPECT_EQ(key.find("example"), std::string::npos);
  EXPECT_EQ(stored.value.find("example"), std::string::npos);
  EXPECT_EQ(stored.value.find(std::string("\xc0\x00\x02\x01", 4)), std::string::npos);
  appliance.restart();
  EXPECT_FALSE(fetched(appliance, key_).empty());
}

TEST_F(TiersTest, AValueMovedToAnotherNameIsRefused) {
  Appliance appliance(redis_, {key_number('a')});
  const dns::QuestionKey other = key_of("other.example.com");
  appliance.store(key_, answer_);
  const std::string first = redis_.stored.begin()->first;
  appliance.store(other, Answer("other.example.com").a(300));
  ASSERT_EQ(redis_.stored.size(), 2u);
  std::swap(redis_.stored.begin()->second, std::next(redis_.stored.begin())->second);
  EXPECT_TRUE(fetched(appliance, key_).empty());
  const auto& faults = appliance.tiers->statistics().envelope_faults;
  EXPECT_EQ(faults[static_cast<size_t>(EnvelopeFault::Seal)].value(), 1u);
}

TEST_F(TiersTest, WhileKeysAreChangedBothAreLookedUp) {
  Appliance before(redis_, {key_number('a')});
  before.store(key_, answer_);
  Appliance between(redis_, {key_number('b'), key_number('a')});
  EXPECT_FALSE(fetched(between, key_).empty());
  EXPECT_EQ(between.tiers->statistics().asked_old_key.value(), 1u);
  EXPECT_TRUE(fetched(between, key_of("unknown.example.com")).empty());
  EXPECT_EQ(between.tiers->statistics().misses.value(), 1u);
  Appliance after(redis_, {key_number('b')});
  EXPECT_TRUE(fetched(after, key_).empty());
  between.store(key_, answer_);
  EXPECT_FALSE(fetched(after, key_).empty());
}

}  // namespace
}  // namespace dotring::cache::tiers
