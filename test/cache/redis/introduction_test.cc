// How a link introduces itself: RESP3 where our reader knows it, RESP2 with servers that do not.

#include <hiredis/hiredis.h>

#include <algorithm>

#include "test/cache/redis/scripted_client_fixture.h"

namespace dotring::cache::redis {
namespace {

class IntroductionTest : public ScriptedClientTest {
 protected:
  void open_here(const std::string& credentials, const std::string& database) {
    open("redis://" + credentials + server_->address() + database);
  }
  bool was_said(const std::string& command) const {
    return std::ranges::find(server_->commands, command) != server_->commands.end();
  }
};

// Debian 12's hiredis is older than RESP3.
#if HIREDIS_MAJOR >= 1
TEST_F(IntroductionTest, OneCommandSaysAllInResp3) {
  server_->script = [](const std::string& command) -> std::string {
    if (command.starts_with("GET")) return ">2\r\n+pushed\r\n+between\r\n$1\r\nv\r\n";
    return command.starts_with("HELLO") ? "%1\r\n$5\r\nproto\r\n:3\r\n" : "";
  };
  open_here("me:mine@", "/3");
  EXPECT_EQ(server_->commands[0], "HELLO 3 AUTH me mine SETNAME dotring");
  EXPECT_EQ(server_->commands[1], "SELECT 3");
  EXPECT_EQ(ask("key"), "v") << "what is pushed is no answer";
}

TEST_F(IntroductionTest, CredentialsThatAreRefusedAreNotTriedAgainInResp2) {
  server_->script = [](const std::string& command) -> std::string {
    return command.starts_with("HELLO") ? "-WRONGPASS invalid username-password pair\r\n" : "";
  };
  make("redis://me:mine@" + server_->address());
  client_->start();
  ASSERT_TRUE(turn_until([&] { return told(Event::Kind::ServerDown); }));
  EXPECT_FALSE(was_said("AUTH me mine"));
}
#endif

TEST_F(IntroductionTest, AServerThatKnowsNoHelloIsSpokenToInResp2) {
  server_->script = [](const std::string& command) -> std::string {
    return command.starts_with("AUTH") ? "+OK\r\n" : "";
  };
  open_here("me:mine@", "/3");
  const auto hellos = [&] {
    return std::ranges::count_if(server_->commands,
                                 [](const auto& command) { return command.starts_with("HELLO"); });
  };
  EXPECT_EQ(hellos(), HIREDIS_MAJOR >= 1);
  EXPECT_TRUE(was_said("AUTH me mine"));
  EXPECT_TRUE(was_said("SELECT 3"));
  EXPECT_TRUE(was_said("CLIENT SETNAME dotring"));
}

}  // namespace
}  // namespace dotring::cache::redis
