// A real master with a replica and three sentinels.

#include <deque>

#include "test/cache/redis/live/redis_fixture.h"
#include "test/cache/redis/scripted_server.h"

namespace dotring::cache::redis {
namespace {

class SentinelRedisTest : public RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    if (IsSkipped()) return;
    options_.sentinel.answer_timeout_ms = 300;
    ASSERT_TRUE(master_.start()) << master_.log();
    replica_.emplace(
        std::vector<std::string>{"replicaof 127.0.0.1 " + std::to_string(master_.port())});
    ASSERT_TRUE(replica_->start()) << replica_->log();
    for (int i = 0; i < 3; ++i) start_sentinel();
  }

  void start_sentinel() {
    sentinels_.emplace_back(std::vector<std::string>{
        "sentinel monitor mymaster 127.0.0.1 " + std::to_string(master_.port()) + " 2",
        "sentinel down-after-milliseconds mymaster 1000",
        "sentinel failover-timeout mymaster 5000"});
    ASSERT_TRUE(sentinels_.back().start_as_sentinel()) << sentinels_.back().log();
  }
  std::string url(const std::string& name = "mymaster") {
    std::string hosts;
    for (const RedisProcess& sentinel : sentinels_) {
      hosts += (hosts.empty() ? "" : ",") + sentinel.address();
    }
    return "redis+sentinel://" + hosts + "/" + name;
  }
  /// They know each other and the replica, and the replica follows.
  bool ready_for_failover() {
    for (const RedisProcess& sentinel : sentinels_) {
      const std::string master = sentinel.cli({"INFO", "sentinel"});
      if (master.find("slaves=1,sentinels=3") == std::string::npos) return false;
    }
    return master_.cli({"INFO", "replication"}).find("state=online") != std::string::npos;
  }
  bool turn_long_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 4; ++i) {
      if (turn_until(condition)) return true;
    }
    return false;
  }

  RedisProcess master_{{"repl-diskless-sync-delay 0"}};
  std::optional<RedisProcess> replica_;
  std::deque<RedisProcess> sentinels_;
};

TEST_F(SentinelRedisTest, TheMasterIsFoundAndItsSuccessorToo) {
  Messages messages;
  make(url());
  client_->subscribe("channel", messages);
  client_->start();
  ASSERT_TRUE(turn_until([&] {
    return statistics().servers_writable.value() == 1 && statistics().subscriptions.value() == 1;
  }));
  EXPECT_TRUE(set("key", "value"));
  EXPECT_EQ(ask("key"), "value");
  EXPECT_EQ(master_.cli({"GET", "key"}), "value");
  EXPECT_EQ(statistics().masters_changed.value(), 1u);

  const int gaps = messages.gaps;
  ASSERT_TRUE(turn_long_until([&] { return ready_for_failover(); }));
  ASSERT_TRUE(turn_until([&] { return replica_->cli({"GET", "key"}) == "value"; }));
  master_.kill();
  ASSERT_TRUE(turn_until([&] { return ask("key") == "(refused)"; }));
  ASSERT_TRUE(turn_long_until([&] { return statistics().servers_writable.value() == 1; }));
  EXPECT_EQ(statistics().masters_changed.value(), 2u);
  EXPECT_EQ(events_.back().server, replica_->address());
  EXPECT_EQ(ask("key"), "value");
  EXPECT_TRUE(set("key", "later"));
  EXPECT_EQ(ask("key"), "later");
  ASSERT_TRUE(turn_long_until([&] { return statistics().subscriptions.value() == 2; }));
  EXPECT_EQ(messages.gaps, gaps + 1);
}

TEST_F(SentinelRedisTest, ADeadSentinelGivesWayToTheNext) {
  sentinels_[0].kill();
  sentinels_[1].pause();
  open(url());
  EXPECT_EQ(ask("key"), "(missing)");
  EXPECT_EQ(statistics().timeouts.value(), 1u) << "the paused one";
  sentinels_[1].resume();
}

TEST_F(SentinelRedisTest, AServerThatIsNoMasterIsLeftWhateverASentinelSays) {
  ScriptedServer liar(loop_);
  RedisProcess* named = &*replica_;
  liar.script = [&named](const std::string& command) -> std::string {
    const std::string port = std::to_string(named->port());
    const std::string size = std::to_string(port.size());
    if (!command.starts_with("SENTINEL")) return "";
    return "*2\r\n$9\r\n127.0.0.1\r\n$" + size + "\r\n" + port + "\r\n";
  };
  make("redis+sentinel://" + liar.address() + "/mymaster");
  client_->start();
  ASSERT_TRUE(turn_until([&] { return told(Event::Kind::ServerDown); }));
  EXPECT_EQ(events_.back().detail, "is no master");
  EXPECT_EQ(ask("key"), "(refused)");
  named = &master_;
  EXPECT_TRUE(turn_until([&] { return statistics().servers_writable.value() == 1; }));
  end();
  liar.stop();
  EXPECT_TRUE(turn_until([&] { return !liar.active(); }));
}

TEST_F(SentinelRedisTest, AnUnknownMasterIsTold) {
  make(url("another"));
  client_->start();
  ASSERT_TRUE(turn_until([&] { return events_.size() >= 3; }));
  EXPECT_EQ(events_[0].kind, Event::Kind::Refused);
  EXPECT_NE(events_[0].detail.find("knows no master another"), std::string::npos);
  EXPECT_NE(events_[0].server, events_[1].server);
  EXPECT_EQ(ask("key"), "(refused)");
}

}  // namespace
}  // namespace dotring::cache::redis
