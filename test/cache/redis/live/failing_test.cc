// A real server that stops, dies, is full or read-only: nothing is asked meanwhile, and it is taken
// up again by itself.

#include <deque>

#include "test/cache/redis/live/redis_fixture.h"

namespace dotring::cache::redis {
namespace {

class FailingRedisTest : public RedisTest {
 protected:
  bool readable() { return statistics().servers_readable.value() == 1; }
  bool writable() { return statistics().servers_writable.value() == 1; }
  Cause read_cause() { return static_cast<Cause>(statistics().read_cause.value()); }
  Cause write_cause() { return static_cast<Cause>(statistics().write_cause.value()); }
};

TEST_F(FailingRedisTest, AStoppedServerIsNotAskedUntilItGoesOn) {
  RedisProcess server;
  ASSERT_TRUE(server.start()) << server.log();
  options_.breaker.silent_ms = 500;
  open("redis://" + server.address());
  server.pause();
  Question question;
  ASSERT_TRUE(get(question, "key"));
  ASSERT_TRUE(turn_until([&] { return !readable(); }));
  EXPECT_EQ(read_cause(), Cause::Silent);
  EXPECT_FALSE(question.result) << "it may still be answered";
  EXPECT_EQ(ask("key"), "(refused)");
  EXPECT_FALSE(set("key", "value"));
  server.resume();
  ASSERT_TRUE(turn_until([&] { return readable(); }));
  EXPECT_TRUE(question.result);
  EXPECT_EQ(ask("key"), "(missing)");
  EXPECT_EQ(read_cause(), Cause::None);
  EXPECT_EQ(statistics().reconnects.value(), 0u);
  EXPECT_EQ(statistics().stops[static_cast<size_t>(Cause::Silent)].value(), 1u);
}

TEST_F(FailingRedisTest, AServerThatStaysSilentIsDisconnected) {
  RedisProcess server;
  ASSERT_TRUE(server.start()) << server.log();
  options_.breaker.silent_ms = 300;
  options_.connection.response_timeout_ms = 500;
  options_.connection.connect_timeout_ms = 500;
  open("redis://" + server.address());
  server.pause();
  std::deque<Question> questions(3);
  for (Question& question : questions) ASSERT_TRUE(get(question, "key"));
  for (Question& question : questions) {
    ASSERT_TRUE(turn_until([&] { return question.result.has_value(); }));
    EXPECT_EQ(question.result, GetResult::Failed);
  }
  EXPECT_EQ(statistics().timeouts.value(), 1u);
  EXPECT_EQ(statistics().failures.value(), 3u);
  ASSERT_TRUE(turn_until([&] { return statistics().connects_failed.value() > 0; }));
  server.resume();
  ASSERT_TRUE(turn_until([&] { return readable(); }));
  EXPECT_EQ(ask("key"), "(missing)");
}

TEST_F(FailingRedisTest, AnIdleLinkThatEndedWithoutAWordIsNoticed) {
  RedisProcess server;
  ASSERT_TRUE(server.start()) << server.log();
  options_.connection.ping_every_ms = 20;
  options_.breaker.silent_ms = 20;
  open("redis://" + server.address());
  server.pause();
  EXPECT_TRUE(turn_until([&] { return !readable(); }));
  server.resume();
  EXPECT_TRUE(turn_until([&] { return readable(); }));
}

TEST_F(FailingRedisTest, AKilledServerIsTakenUpAgain) {
  RedisProcess server;
  ASSERT_TRUE(server.start()) << server.log();
  Messages messages;
  make("redis://" + server.address());
  client_->subscribe("channel", messages);
  client_->start();
  ASSERT_TRUE(turn_until([&] { return readable() && statistics().subscriptions.value() == 1; }));
  Question question;
  ASSERT_TRUE(get(question, "key"));
  server.kill();
  ASSERT_TRUE(turn_until([&] { return !readable() && question.result; }));
  EXPECT_EQ(read_cause(), Cause::Gone);
  EXPECT_EQ(ask("key"), "(refused)");
  EXPECT_TRUE(told(Event::Kind::ServerDown));
  EXPECT_EQ(messages.gaps, 0);
  ASSERT_TRUE(turn_until([&] { return statistics().connects_failed.value() > 1; }));
  ASSERT_TRUE(server.start()) << server.log();
  ASSERT_TRUE(turn_until([&] { return readable() && statistics().subscriptions.value() == 2; }));
  EXPECT_EQ(ask("key"), "(missing)");
  EXPECT_EQ(messages.gaps, 1);
  EXPECT_EQ(server.cli({"PUBLISH", "channel", "after"}), "1");
  EXPECT_TRUE(turn_until([&] { return messages.received.size() == 1; }));
  EXPECT_GT(statistics().reconnects.value(), 0u);
}

TEST_F(FailingRedisTest, AServerThatComesLaterIsFound) {
  RedisProcess server;
  make("redis://" + server.address());
  client_->start();
  ASSERT_TRUE(turn_until([&] { return told(Event::Kind::ServerDown); }));
  EXPECT_NE(events_[0].detail.find("refused"), std::string::npos) << events_[0].detail;
  EXPECT_EQ(ask("key"), "(refused)");
  ASSERT_TRUE(server.start()) << server.log();
  ASSERT_TRUE(turn_until([&] { return writable(); }));
  EXPECT_EQ(ask("key"), "(missing)");
}

TEST_F(FailingRedisTest, AFullServerIsStillAsked) {
  RedisProcess server({"maxmemory-policy noeviction"});
  ASSERT_TRUE(server.start()) << server.log();
  open("redis://" + server.address());
  set("key", "value");
  ASSERT_EQ(ask("key"), "value");
  ASSERT_EQ(server.cli({"CONFIG", "SET", "maxmemory", "1"}), "OK");
  loop_.turn(0);  // that took a while, which is not Redis' slowness
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(set("more", "values"));
  ASSERT_TRUE(turn_until([&] { return !writable() && statistics().pending.value() == 0; }));
  EXPECT_EQ(write_cause(), Cause::Full);
  EXPECT_EQ(statistics().sets_failed.value(), 100u);
  EXPECT_EQ(statistics().write_stops[static_cast<size_t>(Cause::Full)].value(), 1u);
  EXPECT_TRUE(readable());
  EXPECT_EQ(ask("key"), "value");
  EXPECT_FALSE(set("more", "values"));
  EXPECT_TRUE(told(Event::Kind::WritesStopped));
  ASSERT_TRUE(turn_until([&] { return set("probe", "in vain"); })) << "probed now and then";
  ASSERT_TRUE(turn_until([&] { return statistics().pending.value() == 0; }));
  EXPECT_FALSE(set("more", "values")) << "and left alone again";
  ASSERT_EQ(server.cli({"CONFIG", "SET", "maxmemory", "0"}), "OK");
  ASSERT_TRUE(turn_until([&] { return set("probe", "well") && writable(); }));
  EXPECT_EQ(ask("probe"), "well");
  EXPECT_EQ(write_cause(), Cause::None);
  EXPECT_TRUE(told(Event::Kind::WritesResumed));
}

TEST_F(FailingRedisTest, AReplicaIsStillAsked) {
  RedisProcess server;
  ASSERT_TRUE(server.start()) << server.log();
  open("redis://" + server.address());
  set("key", "value");
  ASSERT_EQ(ask("key"), "value");
  const RedisProcess nobody;
  ASSERT_EQ(server.cli({"REPLICAOF", "127.0.0.1", std::to_string(nobody.port())}), "OK");
  ASSERT_TRUE(turn_until([&] { return readable(); }));
  ASSERT_TRUE(turn_until([&] {
    set("key", "other");
    return !writable();
  }));
  EXPECT_EQ(write_cause(), Cause::ReadOnly);
  EXPECT_EQ(ask("key"), "value");
  ASSERT_EQ(server.cli({"REPLICAOF", "NO", "ONE"}), "OK");
  EXPECT_TRUE(turn_until([&] {
    set("key", "other");
    return writable();
  }));
  EXPECT_EQ(ask("key"), "other");
}

}  // namespace
}  // namespace dotring::cache::redis
