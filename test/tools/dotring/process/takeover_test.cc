// Both sides of a takeover in one process.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <future>

#include "engine/io/socket_address.h"
#include "test/engine/base/folder.h"
#include "tools/dotring/process/predecessor.h"
#include "tools/dotring/process/takeover_server.h"

namespace dotring::appliance {
namespace {

class TakeoverTest : public ::testing::Test {
 protected:
  TakeoverTest() {
    udp_ = io::bind_socket(*Endpoint::parse("127.0.0.1:0"), SOCK_DGRAM, true).descriptor;
  }
  ~TakeoverTest() override { close(udp_); }
  TakeoverServer::Parts parts() {
    const auto sockets = [this] {
      std::vector<OwnedDescriptor> one;
      one.emplace_back(dup(udp_));
      return one;
    };
    return {sockets, [this] { taken_.set_value(); }};
  }
  bool was_taken() {
    return taken_.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  }

  const Folder folder_;
  const std::string path_ = folder_.path("socket");
  int udp_ = -1;
  std::promise<void> taken_;
  Log log_{LogOptions{}, open("/dev/null", O_WRONLY | O_CLOEXEC)};
};

TEST_F(TakeoverTest, TheSocketsAreTheSameOnes) {
  TakeoverServer server(log_, parts());
  ASSERT_EQ(server.open(path_), std::nullopt);
  ASSERT_EQ(server.start(), std::nullopt);
  Predecessor predecessor;
  GivenSockets sockets;
  ASSERT_EQ(predecessor.ask(path_, sockets), std::nullopt);
  EXPECT_TRUE(predecessor.found());
  const std::vector<int> taken = sockets.take(io::local_endpoint(udp_), SOCK_DGRAM);
  ASSERT_EQ(taken.size(), 1u);
  struct stat given {
  }, own{};
  ASSERT_EQ(fstat(taken.front(), &given) | fstat(udp_, &own), 0);
  EXPECT_EQ(given.st_ino, own.st_ino);
  EXPECT_FALSE(server.taken());
  close(taken.front());
}

TEST_F(TakeoverTest, ConnectionsFollowWithWhatWasSaidOnThem) {
  auto server = std::make_unique<TakeoverServer>(log_, parts());
  ASSERT_EQ(server->open(path_), std::nullopt);
  ASSERT_EQ(server->start(), std::nullopt);
  Predecessor predecessor;
  GivenSockets sockets;
  ASSERT_EQ(predecessor.ask(path_, sockets), std::nullopt);
  std::promise<std::vector<uint8_t>> said;
  ASSERT_TRUE(predecessor.tell_taken([&](int descriptor, Bytes unread) {
    EXPECT_EQ(write(descriptor, "x", 1), 1);
    close(descriptor);
    said.set_value({unread.begin(), unread.end()});
  }));
  ASSERT_TRUE(was_taken());
  EXPECT_TRUE(server->taken());
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  server->inherit(pair[0], bytes_of("half a query"));
  EXPECT_EQ(text_of(said.get_future().get()), "half a query");
  char octet = 0;
  EXPECT_EQ(read(pair[1], &octet, 1), 1);
  EXPECT_EQ(read(pair[1], &octet, 1), 0) << "somebody still holds the connection";
  close(pair[1]);
}

TEST_F(TakeoverTest, WhoHasTheNameKeepsItWhenOthersEnd) {
  auto first = std::make_unique<TakeoverServer>(log_, parts());
  ASSERT_EQ(first->open(path_), std::nullopt);
  ASSERT_EQ(first->start(), std::nullopt);
  {
    TakeoverServer failing(log_, parts());
    ASSERT_EQ(failing.open(path_), std::nullopt);
  }
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
  const auto is_served = [this] {
    Predecessor predecessor;
    GivenSockets sockets;
    EXPECT_EQ(predecessor.ask(path_, sockets), std::nullopt);
    return predecessor.found();
  };
  EXPECT_TRUE(is_served()) << "by the first one";
  TakeoverServer second(log_, parts());
  ASSERT_EQ(second.open(path_), std::nullopt);
  ASSERT_EQ(second.start(), std::nullopt);
  first.reset();
  EXPECT_TRUE(is_served()) << "by the second one";
}

TEST_F(TakeoverTest, WhoeverGivesUpIsForgottenAndTheNextIsServed) {
  TakeoverServer server(log_, parts());
  ASSERT_EQ(server.open(path_), std::nullopt);
  ASSERT_EQ(server.start(), std::nullopt);
  for (int i = 0; i < 3; ++i) {
    Predecessor predecessor;
    GivenSockets sockets;
    ASSERT_EQ(predecessor.ask(path_, sockets), std::nullopt);
    EXPECT_FALSE(sockets.empty());
  }
  EXPECT_FALSE(server.taken());
}

TEST_F(TakeoverTest, NobodyThereIsNoFailure) {
  Predecessor predecessor;
  GivenSockets sockets;
  EXPECT_EQ(predecessor.ask(path_, sockets), std::nullopt);
  EXPECT_FALSE(predecessor.found());
}

TEST_F(TakeoverTest, WithoutSocketsTheOtherOneHearsSo) {
  TakeoverServer server(log_, {[] { return std::vector<OwnedDescriptor>(); }, [] {}});
  ASSERT_EQ(server.open(path_), std::nullopt);
  ASSERT_EQ(server.start(), std::nullopt);
  Predecessor predecessor;
  GivenSockets sockets;
  EXPECT_NE(predecessor.ask(path_, sockets), std::nullopt);
}

TEST_F(TakeoverTest, TheFileIsTheUsersAloneAndGoesWithTheServer) {
  {
    TakeoverServer server(log_, parts());
    ASSERT_EQ(server.open(path_), std::nullopt);
    ASSERT_EQ(server.start(), std::nullopt);
    struct stat status {};
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(TakeoverTest, WhatIsLargerThanAQueryCanBeIsNotSent) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
  TakeoverChannel one(pair[0]);
  TakeoverChannel other(pair[1]);
  const std::vector<uint8_t> most(TakeoverChannel::kBytesMax, 7);
  EXPECT_TRUE(one.send(TakeoverKind::Connection, -1, most));
  const auto received = other.receive(1000);
  ASSERT_TRUE(received);
  EXPECT_TRUE(received->bytes == most);
  EXPECT_EQ(received->descriptor, -1);
  EXPECT_FALSE(one.send(TakeoverKind::Connection, -1, std::vector<uint8_t>(most.size() + 1)));
  EXPECT_FALSE(other.receive(0));
}

}  // namespace
}  // namespace dotring::appliance
