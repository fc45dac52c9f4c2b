#include "tools/dotring/admin/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

AdminOptions on_loopback() {
  AdminOptions options;
  options.listen = Endpoint::parse("127.0.0.1:0");
  return options;
}

/// Null: it serves.
std::optional<std::string> serve(AdminServer& server) {
  std::optional<std::string> failure = server.open();
  return failure ? failure : server.start();
}

/// What the server sends for `request` until it closes.
std::string send_and_read(const Endpoint& server, const std::string& request) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const io::SocketAddress address = io::SocketAddress::of(server);
  EXPECT_EQ(connect(descriptor, &address.any, address.size), 0);
  EXPECT_EQ(send(descriptor, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char piece[4096];
  for (ssize_t size = 0; (size = recv(descriptor, piece, sizeof piece, 0)) > 0;) {
    answer.append(piece, static_cast<size_t>(size));
  }
  close(descriptor);
  return answer;
}

std::string get(const Endpoint& server, const std::string& path,
                const std::string& method = "GET") {
  return send_and_read(server,
                       method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

Page echo(std::string_view path) {
  if (path == "/none") return {404, "text/plain", "nothing\n"};
  return {200, "application/json", "{\"path\":\"" + std::string(path) + "\"}"};
}

TEST(AdminServer, ServesPages) {
  AdminServer server(on_loopback(), echo);
  ASSERT_EQ(serve(server), std::nullopt);
  const std::string answer = get(*server.local(), "/healthz?x=1");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("{\"path\":\"/healthz\"}")) << answer;
  EXPECT_TRUE(get(*server.local(), "/none").starts_with("HTTP/1.1 404 "));
}

TEST(AdminServer, HeadHasNoBody) {
  AdminServer server(on_loopback(), echo);
  ASSERT_EQ(serve(server), std::nullopt);
  const std::string answer = get(*server.local(), "/metrics", "HEAD");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(AdminServer, OtherMethodsAreNotAllowed) {
  AdminServer server(on_loopback(), echo);
  ASSERT_EQ(serve(server), std::nullopt);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    const std::string answer = get(*server.local(), "/metrics", method);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 ")) << answer;
    EXPECT_NE(answer.find("Allow: GET, HEAD"), std::string::npos) << answer;
  }
}

TEST(AdminServer, ActionsArePosted) {
  AdminServer server(on_loopback(), echo, [](std::string_view path, const Arguments& arguments) {
    std::string body(path);
    for (const auto& [name, value] : arguments) body += ";" + name + "=" + value;
    return Page{200, "text/plain", body};
  });
  ASSERT_EQ(serve(server), std::nullopt);
  const std::string answer = get(*server.local(), "/do?name=a%2eb&x", "POST");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("/do;name=a.b;x=")) << answer;
  EXPECT_TRUE(get(*server.local(), "/do", "PUT").starts_with("HTTP/1.1 405 "));
  const auto post = [&](const std::string& headers) {
    return send_and_read(*server.local(), "POST /do HTTP/1.1\r\nHost: x\r\n" + headers +
                                              "Connection: close\r\n\r\n");
  };
  EXPECT_TRUE(post("Content-Length: 0\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(post("Origin: http://evil.example\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(post("Content-Length: 5\r\n").starts_with("HTTP/1.1 413 "));
}

TEST(AdminServer, HugeRequestsAreRefused) {
  AdminServer server(on_loopback(), echo);
  ASSERT_EQ(serve(server), std::nullopt);
  const std::string answer = get(*server.local(), "/" + std::string(20'000, 'a'));
  EXPECT_FALSE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_TRUE(get(*server.local(), "/metrics").starts_with("HTTP/1.1 200 "));
}

TEST(AdminServer, ATakenPortIsSaid) {
  AdminServer first(on_loopback(), echo);
  ASSERT_EQ(serve(first), std::nullopt);
  AdminOptions options;
  options.listen = first.local();
  AdminServer second(options, echo);
  const std::optional<std::string> failure = second.open();
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->find("Address already in use"), std::string::npos) << *failure;
  EXPECT_NE(failure->find("choose another"), std::string::npos) << *failure;
}

TEST(AdminServer, WithoutAnAddressThereIsNone) {
  AdminOptions options;
  options.listen.reset();
  AdminServer server(options, echo);
  EXPECT_EQ(serve(server), std::nullopt);
  EXPECT_FALSE(server.local());
}

}  // namespace
}  // namespace dotring::appliance
