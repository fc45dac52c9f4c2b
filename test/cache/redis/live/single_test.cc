// One real server: values, pipelines, credentials, databases, sockets.

#include <hiredis/hiredis.h>

#include <deque>
#include <sstream>

#include "test/cache/redis/live/redis_fixture.h"

namespace dotring::cache::redis {
namespace {

class SingleRedisTest : public RedisTest {
 protected:
  void open_at(RedisProcess& server) {
    ASSERT_TRUE(server.start()) << server.log();
    open("redis://" + server.address());
  }
  /// What CLIENT LIST says about our connection.
  static std::string our_connection(const RedisProcess& server) {
    std::istringstream clients(server.cli({"CLIENT", "LIST"}));
    std::string client;
    while (std::getline(clients, client) && client.find("name=dotring") == std::string::npos) {
      client.clear();
    }
    return client;
  }
};

// hiredis reads RESP3 since 1.0: Debian 13 has that, Debian 12 has 0.14.
TEST_F(SingleRedisTest, SpeaksTheNewestProtocolThatOurReaderKnows) {
  RedisProcess server;
  open_at(server);
  ASSERT_EQ(ask("key"), "(missing)");
  const std::string us = our_connection(server);
  EXPECT_NE(us.find(HIREDIS_MAJOR >= 1 ? " resp=3" : " resp=2"), std::string::npos) << us;
}

TEST_F(SingleRedisTest, KeepsValuesForTheirTime) {
  RedisProcess server;
  open_at(server);
  EXPECT_EQ(ask("key"), "(missing)");
  const std::string value("a\0b\r\n$", 6);
  EXPECT_TRUE(set("key", value, 30'000));
  EXPECT_EQ(ask("key"), value);
  const int left_ms = std::stoi(server.cli({"PTTL", "key"}));
  EXPECT_GT(left_ms, 10'000);
  EXPECT_LE(left_ms, 30'000);
  EXPECT_EQ(statistics().hits.value(), 1u);
  EXPECT_EQ(statistics().misses.value(), 1u);
  EXPECT_EQ(statistics().sets.value(), 1u);
  EXPECT_TRUE(told(Event::Kind::ServerUp));
}

TEST_F(SingleRedisTest, AllCommandsOfOneTurnLeaveInOneWrite) {
  RedisProcess server;
  open_at(server);
  ASSERT_EQ(ask("warm"), "(missing)");
  const uint64_t commands = statistics().commands.value();
  const uint64_t writes = statistics().writes.value();
  std::deque<Question> questions(500);
  for (size_t i = 0; i < questions.size(); ++i) {
    ASSERT_TRUE(set("k" + std::to_string(i), "v" + std::to_string(i)));
    ASSERT_TRUE(get(questions[i], "k" + std::to_string(i)));
  }
  for (size_t i = 0; i < questions.size(); ++i) {
    ASSERT_TRUE(turn_until([&] { return questions[i].result.has_value(); }));
    EXPECT_EQ(questions[i].value, "v" + std::to_string(i));
  }
  EXPECT_EQ(statistics().commands.value() - commands, 1000u);
  EXPECT_EQ(statistics().writes.value() - writes, 1u);
  EXPECT_GE(statistics().round_trip_us.count(), 1000u);
}

TEST_F(SingleRedisTest, CancelledQuestionsDoNotMixUpTheOthers) {
  RedisProcess server;
  open_at(server);
  set("a", "A");
  set("b", "B");
  Question first, second;
  ASSERT_TRUE(get(first, "a"));
  ASSERT_TRUE(get(second, "b"));
  redis().cancel_get(first);
  EXPECT_EQ(first.state, nullptr);
  ASSERT_TRUE(get(first, "b"));  // it may be used again at once
  ASSERT_TRUE(turn_until([&] { return first.result && second.result; }));
  EXPECT_EQ(first.value, "B");
  EXPECT_EQ(second.value, "B");
  EXPECT_EQ(statistics().late.value(), 1u);
}

TEST_F(SingleRedisTest, AQuestionMayBeAskedFromInsideAnAnswer) {
  RedisProcess server;
  open_at(server);
  set("a", "A");
  struct Chain : Get {
    KeyValue* redis = nullptr;
    int rounds = 0;
  } chain;
  chain.redis = &redis();
  chain.on_done = [](Get& get, GetResult result, Bytes) {
    auto& self = static_cast<Chain&>(get);
    EXPECT_EQ(result, GetResult::Found);
    const bool last = ++self.rounds == 20;
    EXPECT_TRUE(last || self.redis->get(self, bytes_of("a")));
  };
  ASSERT_TRUE(redis().get(chain, bytes_of("a")));
  EXPECT_TRUE(turn_until([&] { return chain.rounds == 20; }));
}

TEST_F(SingleRedisTest, SpeaksToAUnixSocketAndAnotherDatabase) {
  RedisProcess server;
  ASSERT_TRUE(server.start()) << server.log();
  open("unix://" + server.socket_path() + "?db=3");
  set("key", "value");
  EXPECT_EQ(ask("key"), "value");
  EXPECT_EQ(server.cli({"-n", "3", "GET", "key"}), "value");
  EXPECT_EQ(server.cli({"-n", "0", "GET", "key"}), "");
  EXPECT_NE(server.cli({"CLIENT", "LIST"}).find("name=dotring"), std::string::npos);
}

TEST_F(SingleRedisTest, SaysPasswordAndUser) {
  RedisProcess server;
  ASSERT_TRUE(server.start()) << server.log();
  ASSERT_EQ(server.cli({"ACL", "SETUSER", "me", "on", ">mine", "~*", "&*", "+@all"}), "OK");
  ASSERT_EQ(server.cli({"CONFIG", "SET", "requirepass", "s@cret"}), "OK");
  open("redis://:s%40cret@" + server.address());
  EXPECT_EQ(ask("key"), "(missing)");
  end();
  open("redis://me:mine@" + server.address());
  EXPECT_EQ(ask("key"), "(missing)");
}

TEST_F(SingleRedisTest, AWrongPasswordIsToldAndNothingIsAsked) {
  RedisProcess server({"requirepass s@cret"});
  ASSERT_TRUE(server.start()) << server.log();
  make("redis://:wrong@" + server.address());
  client_->start();
  ASSERT_TRUE(turn_until([&] { return statistics().connects_failed.value() > 1; }));
  ASSERT_EQ(events_.size(), 1u);
  EXPECT_EQ(events_[0].kind, Event::Kind::ServerDown);
  EXPECT_NE(events_[0].detail.find("WRONGPASS"), std::string::npos) << events_[0].detail;
  EXPECT_EQ(statistics().read_cause.value(), static_cast<uint64_t>(Cause::Refused));
  EXPECT_EQ(ask("key"), "(refused)");
  EXPECT_FALSE(set("key", "value"));
  EXPECT_EQ(statistics().gets_refused.value(), 1u);
  EXPECT_EQ(statistics().sets_dropped.value(), 1u);
}

TEST_F(SingleRedisTest, WithoutAPasswordThatIsNeededNothingIsAsked) {
  RedisProcess server({"requirepass s@cret"});
  ASSERT_TRUE(server.start()) << server.log();
  make("redis://" + server.address());
  client_->start();
  ASSERT_TRUE(turn_until([&] { return told(Event::Kind::ServerDown); }));
  EXPECT_EQ(statistics().read_cause.value(), static_cast<uint64_t>(Cause::Refused));
  EXPECT_EQ(ask("key"), "(refused)");
}

TEST_F(SingleRedisTest, StoringLeavesRoomForAsking) {
  RedisProcess server;
  options_.connection.pending_max = 16;
  open_at(server);
  size_t stored = 0;
  while (set("k" + std::to_string(stored), "v")) ++stored;
  EXPECT_EQ(stored, 12u);
  EXPECT_EQ(statistics().sets_dropped.value(), 1u);
  Question question;
  EXPECT_TRUE(get(question, "k0"));
  EXPECT_TRUE(turn_until([&] { return question.result.has_value(); }));
}

TEST_F(SingleRedisTest, TheWriteQueueIsBounded) {
  RedisProcess server;
  options_.connection.write_queue_max = 64 << 10;
  open_at(server);
  const std::string value(10'000, 'x');
  size_t stored = 0;
  while (set("k" + std::to_string(stored), value)) ++stored;
  EXPECT_EQ(stored, 4u);  // three quarters of 65,536
  EXPECT_EQ(ask("k3"), value);
  EXPECT_TRUE(set("k", value));
}

TEST_F(SingleRedisTest, APublishedMessageReachesAllSubscribers) {
  RedisProcess server;
  ASSERT_TRUE(server.start()) << server.log();
  Messages messages;
  make("redis://" + server.address() + "/2");
  client_->subscribe("channel", messages);
  client_->start();
  ASSERT_TRUE(turn_until([&] {
    return statistics().subscriptions.value() == 1 && statistics().servers_readable.value() == 1;
  }));
  EXPECT_TRUE(redis().publish("channel", bytes_of("from us")));
  EXPECT_TRUE(redis().publish("another channel", bytes_of("not for us")));
  ASSERT_TRUE(turn_until([&] { return messages.received.size() == 1; }));
  EXPECT_EQ(server.cli({"PUBLISH", "channel", "from others"}), "1");
  ASSERT_TRUE(turn_until([&] { return messages.received.size() == 2; }));
  EXPECT_EQ(messages.received[0], "from us");
  EXPECT_EQ(messages.received[1], "from others");
  EXPECT_EQ(messages.gaps, 0);
}

}  // namespace
}  // namespace dotring::cache::redis
