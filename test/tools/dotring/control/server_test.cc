#include "tools/dotring/control/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

/// Answers with the verb that was asked, "large" with much.
control::Reply echo(const control::Request& request, const Peer& peer) {
  if (request.verb == "no") return control::refuse("not that");
  if (request.verb == "large") return {"", {{"text", std::string(4 << 20, 'x')}}};
  return {"", {{"verb", request.verb}, {"user", peer.user}, {"process", peer.process}}};
}

/// One connection to the server.
class Client {
 public:
  explicit Client(const std::string& path)
      : descriptor_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const io::SocketAddress address = io::SocketAddress::of_unix(path);
    EXPECT_EQ(connect(descriptor_, &address.any, address.size), 0);
  }
  ~Client() { close(descriptor_); }
  Client& send(const std::string& text) {
    ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    return *this;
  }
  /// The reply has begun to come.
  void wait_for_first() {
    char octet = 0;
    EXPECT_EQ(recv(descriptor_, &octet, 1, MSG_PEEK), 1);
  }
  /// What comes until the server closes.
  std::string read_all() {
    std::string answer;
    char piece[4096];
    for (ssize_t size = 0; (size = recv(descriptor_, piece, sizeof piece, 0)) > 0;) {
      answer.append(piece, static_cast<size_t>(size));
    }
    return answer;
  }

 private:
  const int descriptor_;
};

class ControlServerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("control." + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    options_.socket = folder_ / "control.sock";
    options_.timeout_s = 1;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void serve(ControlFunction answer = echo) {
    server_.emplace(options_, std::move(answer));
    ASSERT_EQ(server_->open(), std::nullopt);
    ASSERT_EQ(server_->start(), std::nullopt);
  }
  std::string ask(const std::string& text) { return Client(options_.socket).send(text).read_all(); }

  std::filesystem::path folder_;
  ControlOptions options_;
  std::optional<ControlServer> server_;
};

TEST_F(ControlServerTest, AnswersOneRequestAndCloses) {
  serve();
  const auto read = control::read_reply(ask("{\"verb\":\"status\"}\n{\"verb\":\"second\"}\n"));
  ASSERT_TRUE(std::holds_alternative<control::Reply>(read));
  const control::Json& result = std::get<control::Reply>(read).result;
  EXPECT_EQ(result["verb"], "status");
  EXPECT_EQ(result["user"], getuid());
  EXPECT_EQ(result["process"], getpid());
  EXPECT_EQ(ask("{\"verb\":\"no\"}\n"), "{\"ok\":false,\"error\":\"not that\"}\n");
}

TEST_F(ControlServerTest, RequestsMayComeInPieces) {
  serve();
  Client client(options_.socket);
  for (const char octet : std::string("{\"verb\":\"status\"}\n")) client.send({octet});
  EXPECT_NE(client.read_all().find("\"ok\":true"), std::string::npos);
}

TEST_F(ControlServerTest, HostileInputGetsAnErrorAndOthersAreServed) {
  serve();
  EXPECT_EQ(ask("GET / HTTP/1.1\r\n\r\n"),
            "{\"ok\":false,\"error\":\"not a JSON object on one line\"}\n");
  EXPECT_EQ(ask(std::string(3 * control::kRequestMax, 'x')),
            "{\"ok\":false,\"error\":\"longer than 4096 octets\"}\n");
  EXPECT_NE(ask(std::string(1000, '\0') + "\n").find("\"ok\":false"), std::string::npos);
  { Client leaves(options_.socket); }
  { Client(options_.socket).send("{\"verb\":\"large\"}\n"); }
  EXPECT_NE(ask("{\"verb\":\"status\"}\n").find("\"ok\":true"), std::string::npos);
}

TEST_F(ControlServerTest, LongRepliesComeWhole) {
  serve();
  EXPECT_GT(ask("{\"verb\":\"large\"}\n").size(), size_t{4} << 20);
}

TEST_F(ControlServerTest, WhoSaysNothingOrReadsNothingIsSentAwayAndOthersGetTheirTurn) {
  options_.connections_max = 2;
  serve();
  Client deaf(options_.socket);
  deaf.send("{\"verb\":\"large\"}\n").wait_for_first();
  Client silent(options_.socket);  // later than the other one, whose time is over first
  EXPECT_NE(ask("{\"verb\":\"status\"}\n").find("\"ok\":true"), std::string::npos);
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_LT(deaf.read_all().size(), size_t{4} << 20) << "what it did not take in time is gone";
}

TEST_F(ControlServerTest, WhoNeverStartedTookNothingFromWhoRuns) {
  serve();
  {
    ControlServer fails(options_, echo);
    ASSERT_EQ(fails.open(), std::nullopt);
  }
  EXPECT_NE(ask("{\"verb\":\"status\"}\n").find("\"ok\":true"), std::string::npos);
}

TEST_F(ControlServerTest, AReplyThatIsBeingMadeIsGivenBeforeTheEnd) {
  std::atomic<bool> asked = false;
  std::atomic<bool> go_on = false;
  serve([&](const control::Request& request, const Peer& peer) {
    asked = true;
    asked.notify_one();
    go_on.wait(false);
    return echo(request, peer);
  });
  Client client(options_.socket);
  client.send("{\"verb\":\"status\"}\n");
  asked.wait(false);
  std::thread stopping([this] { server_->stop(); });
  go_on = true;
  go_on.notify_one();
  EXPECT_NE(client.read_all().find("\"ok\":true"), std::string::npos);
  stopping.join();
  EXPECT_FALSE(std::filesystem::exists(options_.socket));
}

}  // namespace
}  // namespace dotring::appliance
