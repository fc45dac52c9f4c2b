// Clients of servers that say what no server should: the link ends, never the process, and nothing
// is answered wrongly.

#include <algorithm>

#include "test/cache/redis/scripted_client_fixture.h"

namespace dotring::cache::redis {
namespace {

class HostileServerTest : public ScriptedClientTest {
 protected:
  void open_here(const std::string& path = "") { open("redis://" + server_->address() + path); }
  /// GET is answered by `reply`, everything else as it should be.
  void answer_gets(const std::string& reply) {
    server_->script = [reply](const std::string& command) {
      return command.starts_with("GET") ? reply : "";
    };
  }
};

TEST_F(HostileServerTest, GarbageEndsTheLinkAndFailsWhatIsUnderWay) {
  answer_gets("HTTP/1.1 400 Bad Request\r\n");
  open_here();
  EXPECT_EQ(ask("key"), "(failed)");
  EXPECT_EQ(statistics().garbage.value(), 1u);
  EXPECT_EQ(statistics().failures.value(), 1u);
  EXPECT_TRUE(turn_until([&] { return server_->connections() == 2; })) << "and it is tried again";
}

TEST_F(HostileServerTest, AReplyToNothingEndsTheLink) {
  open_here();
  server_->say("$4\r\nevil\r\n");
  ASSERT_TRUE(turn_until([&] { return statistics().garbage.value() == 1; }));
  EXPECT_TRUE(turn_until([&] { return statistics().servers_readable.value() == 1; }));
}

TEST_F(HostileServerTest, AReplyWithoutEndEndsTheLink) {
  answer_gets("$1000000000\r\n" + std::string(400'000, 'x'));
  open_here();
  EXPECT_EQ(ask("key"), "(failed)");
  EXPECT_EQ(statistics().garbage.value(), 1u);
}

TEST_F(HostileServerTest, WhatIsNoValueIsNoHit) {
  for (const char* reply : {":1\r\n", "+OK\r\n", "*0\r\n", "*1\r\n$1\r\nx\r\n", "$-1\r\n"}) {
    answer_gets(reply);
    if (!client_) open_here();
    EXPECT_EQ(ask("key"), "(missing)") << reply;
  }
  EXPECT_EQ(statistics().hits.value(), 0u);
}

TEST_F(HostileServerTest, RedirectionsOutsideOfAClusterAreFailures) {
  answer_gets("-MOVED 1 127.0.0.1:1\r\n");
  open_here();
  EXPECT_EQ(ask("key"), "(failed)");
  EXPECT_EQ(statistics().errors[static_cast<size_t>(ErrorKind::Moved)].value(), 1u);
  EXPECT_EQ(statistics().servers_readable.value(), 1u);
}

TEST_F(HostileServerTest, ARefusedSubscriptionIsTold) {
  server_->script = [](const std::string& command) -> std::string {
    return command.starts_with("SUBSCRIBE") ? "-NOPERM no permissions for this channel\r\n" : "";
  };
  Messages messages;
  make("redis://" + server_->address());
  client_->subscribe("channel", messages);
  client_->start();
  ASSERT_TRUE(turn_until([&] { return told(Event::Kind::Refused); }));
  const auto refusal = std::ranges::find(events_, Event::Kind::Refused, &Event::kind);
  EXPECT_EQ(refusal->server, server_->address());
  EXPECT_EQ(refusal->detail, "SUBSCRIBE: NOPERM no permissions for this channel");
}

TEST_F(HostileServerTest, AServerThatIsLoadingIsAskedWhenItIsReady) {
  bool loading = true;
  server_->script = [&](const std::string& command) -> std::string {
    if (command == "PING" && loading) return "-LOADING Redis is loading\r\n";
    return command.starts_with("GET") ? "$1\r\nv\r\n" : "";
  };
  make("redis://" + server_->address());
  EXPECT_EQ(static_cast<Cause>(statistics().read_cause.value()), Cause::Gone) << "not yet asked";
  client_->start();
  ASSERT_TRUE(turn_until([&] { return statistics().probes.value() >= 2; }));
  EXPECT_EQ(static_cast<Cause>(statistics().read_cause.value()), Cause::Loading);
  EXPECT_EQ(ask("key"), "(refused)");
  EXPECT_EQ(server_->connections(), 1u);
  loading = false;
  ASSERT_TRUE(turn_until([&] { return statistics().servers_readable.value() == 1; }));
  EXPECT_EQ(ask("key"), "v");
}

TEST_F(HostileServerTest, AnAnswerOfLoadingStopsAsking) {
  answer_gets("-LOADING Redis is loading\r\n");
  open_here();
  EXPECT_EQ(ask("key"), "(failed)");
  EXPECT_EQ(ask("key"), "(refused)");
  EXPECT_TRUE(turn_until([&] { return statistics().servers_readable.value() == 1; }));
}

TEST_F(HostileServerTest, ADatabaseThatIsNotThereIsTold) {
  server_->script = [](const std::string& command) {
    return command == "SELECT 99" ? "-ERR DB index is out of range\r\n" : "";
  };
  make("redis://" + server_->address() + "/99");
  client_->start();
  ASSERT_TRUE(turn_until([&] { return !events_.empty(); }));
  EXPECT_EQ(events_[0].detail, "ERR DB index is out of range");
  EXPECT_EQ(ask("key"), "(refused)");
}

TEST_F(HostileServerTest, ANodeThatSendsQuestionsInACircleIsLeft) {
  const std::string here = server_->address();
  server_->script = [here](const std::string& command) -> std::string {
    if (command == "CLUSTER SLOTS") {
      return "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + here.substr(10) + "\r\n";
    }
    return command.starts_with("GET") ? "-MOVED 1 " + here + "\r\n" : "";
  };
  make("redis+cluster://" + here);
  client_->start();
  ASSERT_TRUE(turn_until([&] { return statistics().map_refreshes.value() == 1; }));
  EXPECT_EQ(ask("key"), "(failed)");
  EXPECT_EQ(statistics().asked_again.value(), options_.cluster.redirects_max);
}

TEST_F(HostileServerTest, AMapOfTooManyNodesIsTakenInPart) {
  options_.cluster.nodes_max = 3;
  server_->script = [](const std::string& command) -> std::string {
    if (command != "CLUSTER SLOTS") return "";
    std::string map = "*100\r\n";
    for (int i = 0; i < 100; ++i) {
      const std::string slot = ":" + std::to_string(i) + "\r\n";
      map += "*3\r\n" + slot + slot + "*2\r\n$9\r\n127.0.0.1\r\n:" + std::to_string(i + 1) + "\r\n";
    }
    return map;
  };
  make("redis+cluster://" + server_->address());
  client_->start();
  ASSERT_TRUE(turn_until([&] { return statistics().map_refreshes.value() >= 2; }));
  EXPECT_LE(statistics().servers.value(), 3u);
}

}  // namespace
}  // namespace dotring::cache::redis
