// A sentinel of few words, which is the master, too.

#include <algorithm>

#include "test/cache/redis/scripted_client_fixture.h"

namespace dotring::cache::redis {
namespace {

class SentinelWatchTest : public ScriptedClientTest {
 protected:
  void SetUp() override {
    ScriptedClientTest::SetUp();
    options_.breaker.slow_us = 60'000'000;
    options_.breaker.probe = {.first_ms = 10, .longest_ms = 10};
    server_->script = [this](const std::string& command) { return reply_to(command); };
  }
  std::string reply_to(const std::string& command) const {
    const std::string address = server_->address();
    const std::string port = address.substr(address.rfind(':') + 1);
    if (command.starts_with("SENTINEL")) {
      return "*2\r\n$9\r\n127.0.0.1\r\n$" + std::to_string(port.size()) + "\r\n" + port + "\r\n";
    }
    if (command == "ROLE") return "*1\r\n$6\r\nmaster\r\n";
    if (command.starts_with("SUBSCRIBE")) return "-NOPERM no permissions for this channel\r\n";
    return command == "PING" && loading_ ? "-LOADING the dataset\r\n" : "";
  }
  void start() {
    make("redis+sentinel://" + server_->address() + "/mymaster");
    client_->start();
  }
  Event refusal() const { return *std::ranges::find(events_, Event::Kind::Refused, &Event::kind); }
  ptrdiff_t said(std::string_view word) const {
    return std::ranges::count_if(
        server_->commands, [&](const std::string& command) { return command.starts_with(word); });
  }

  bool loading_ = false;
};

// The wait for another question is longer than the master takes to load.
TEST_F(SentinelWatchTest, AMasterThatWorksIsNoReasonToLeaveTheSentinels) {
  options_.sentinel.ask = {.first_ms = 500, .longest_ms = 500};
  loading_ = true;
  start();
  ASSERT_TRUE(turn_until([&] { return said("SUBSCRIBE") == 1 && said("PING") > 0; }));
  server_->hang_up(0);
  ASSERT_TRUE(turn_until([&] { return statistics().lost.value() == 1; }));
  loading_ = false;
  ASSERT_TRUE(turn_until([&] { return statistics().servers_writable.value() == 1; }));
  EXPECT_TRUE(turn_until([&] { return said("SENTINEL") == 2; }));
}

TEST_F(SentinelWatchTest, ASentinelThatRefusesToTellOfChangesIsTold) {
  start();
  ASSERT_TRUE(turn_until([&] { return told(Event::Kind::Refused); }));
  EXPECT_EQ(refusal().server, server_->address());
  EXPECT_EQ(refusal().detail, "SUBSCRIBE: NOPERM no permissions for this channel");
}

TEST_F(SentinelWatchTest, ASentinelThatRefusesOurPasswordIsTold) {
  server_->script = [](const std::string& command) -> std::string {
    const bool introduces = command.starts_with("HELLO") || command.starts_with("AUTH");
    return introduces ? "-WRONGPASS invalid username-password pair\r\n" : "";
  };
  make("redis+sentinel://" + server_->address() + "/mymaster?sentinel_password=wrong");
  client_->start();
  ASSERT_TRUE(turn_until([&] { return told(Event::Kind::Refused); }));
  EXPECT_EQ(refusal().server, server_->address());
  EXPECT_EQ(refusal().detail, "WRONGPASS invalid username-password pair");
}

}  // namespace
}  // namespace dotring::cache::redis
