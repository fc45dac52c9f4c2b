// What only a server of RESP3 says, where hiredis reads it (1.0, Debian 13). How RESP3 is agreed
// upon is introduction_test.cc's.

#include <hiredis/hiredis.h>

#include "test/cache/redis/scripted_client_fixture.h"

namespace dotring::cache::redis {
namespace {

constexpr bool kReaderKnowsResp3 = HIREDIS_MAJOR >= 1;
const std::string kWelcome = "%2\r\n+server\r\n+redis\r\n+proto\r\n:3\r\n";
const std::string kPush = ">2\r\n+invalidate\r\n*1\r\n$3\r\nkey\r\n";

class Resp3Test : public ScriptedClientTest {
 protected:
  /// Says kWelcome behind `before` to HELLO, and `value` to GET.
  void serve(const std::string& before, const std::string& value) {
    server_->script = [before, value](const std::string& command) -> std::string {
      if (command.starts_with("HELLO 3")) return before + kWelcome;
      return command.starts_with("GET") ? value : "";
    };
    open("redis://" + server_->address());
  }
};

TEST_F(Resp3Test, PushesAreNoAnswersWhereverTheyCome) {
  if (!kReaderKnowsResp3) GTEST_SKIP() << "hiredis has no RESP3";
  serve(kPush, kPush + "$1\r\nv\r\n" + kPush);
  EXPECT_EQ(ask("key"), "v");
  server_->say(kPush);
  EXPECT_EQ(ask("key"), "v");
  EXPECT_EQ(statistics().hits.value(), 2u);
  EXPECT_EQ(statistics().garbage.value(), 0u);
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(Resp3Test, ItsNullIsAMissAndItsOtherTypesAreNoValues) {
  if (!kReaderKnowsResp3) GTEST_SKIP() << "hiredis has no RESP3";
  for (const char* reply : {"_\r\n", "%1\r\n+a\r\n:1\r\n", "~1\r\n+a\r\n", "#t\r\n"}) {
    server_->script = [reply](const std::string& command) -> std::string {
      if (command.starts_with("HELLO")) return kWelcome;
      return command.starts_with("GET") ? reply : "";
    };
    if (!client_) open("redis://" + server_->address());
    EXPECT_EQ(ask("key"), "(missing)") << reply;
  }
}

}  // namespace
}  // namespace dotring::cache::redis
