#include "tools/dotring/process/given_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io/socket_address.h"
#include "tools/dotring/process/activation.h"

namespace dotring::appliance {
namespace {

int bound(std::string_view address, int type) {
  const io::BoundSocket socket = io::bind_socket(*Endpoint::parse(address), type, true);
  EXPECT_GE(socket.descriptor, 0) << socket.failure;
  return socket.descriptor;
}

bool is_open(int descriptor) {
  return fcntl(descriptor, F_GETFD) >= 0;
}

TEST(GivenSockets, AreFoundByAddressAndKind) {
  GivenSockets sockets;
  const int udp = bound("127.0.0.1:0", SOCK_DGRAM);
  const Endpoint address = io::local_endpoint(udp);
  ASSERT_EQ(sockets.add(udp), std::nullopt);
  EXPECT_TRUE(sockets.has(address, SOCK_DGRAM));
  EXPECT_FALSE(sockets.has(address, SOCK_STREAM));
  EXPECT_TRUE(sockets.take({address.address, 1}, SOCK_DGRAM).empty());
  EXPECT_EQ(sockets.take(address, SOCK_DGRAM), std::vector{udp});
  EXPECT_TRUE(sockets.empty());
  close(udp);
}

TEST(GivenSockets, WhatNobodyTakesIsNamedAndClosed) {
  GivenSockets sockets;
  const int tcp = bound("127.0.0.1:0", SOCK_STREAM);
  const Endpoint address = io::local_endpoint(tcp);
  ASSERT_EQ(sockets.add(tcp), std::nullopt);
  EXPECT_EQ(sockets.close_rest(), std::vector<std::string>{"TCP " + address.to_text()});
  EXPECT_FALSE(is_open(tcp));
}

TEST(GivenSockets, AreClosedWithTheirHolder) {
  int udp = -1;
  {
    GivenSockets sockets;
    udp = bound("127.0.0.1:0", SOCK_DGRAM);
    ASSERT_EQ(sockets.add(udp), std::nullopt);
    const GivenSockets moved = std::move(sockets);
    EXPECT_FALSE(moved.empty());
  }
  EXPECT_FALSE(is_open(udp));
}

TEST(GivenSockets, OthersAreRefusedAndClosed) {
  GivenSockets sockets;
  const int local = socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_NE(sockets.add(local), std::nullopt);
  EXPECT_FALSE(is_open(local));
  EXPECT_NE(sockets.add(-1), std::nullopt);
  EXPECT_TRUE(sockets.empty());
}

TEST(GivenSockets, ASocketOfBothFamiliesIsRefusedWithTheRemedy) {
  const int both = socket(AF_INET6, SOCK_DGRAM, 0);
  if (both < 0) GTEST_SKIP() << "no IPv6 here";
  ASSERT_TRUE(io::set_option(both, IPPROTO_IPV6, IPV6_V6ONLY, 0));
  const io::SocketAddress any = io::SocketAddress::of(*Endpoint::parse("[::]:0"));
  if (bind(both, &any.any, any.size) != 0) GTEST_SKIP() << "no IPv6 here";
  GivenSockets sockets;
  const auto problem = sockets.add(both);
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("BindIPv6Only"), std::string::npos);
}

TEST(ShareOf, EachSocketHasAListenerAndEachWorkerASocket) {
  EXPECT_EQ(share_of({}, 0, 2), std::vector<int>());
  EXPECT_EQ(share_of({7, 8, 9}, 0, 2), (std::vector{7, 9}));
  EXPECT_EQ(share_of({7, 8, 9}, 1, 2), std::vector{8});
  EXPECT_EQ(share_of({7}, 1, 2), std::vector{7});
  EXPECT_EQ(share_of({7, 8}, 3, 4), std::vector{8});
}

TEST(Activation, OnlyWhatIsMeantForThisProcess) {
  EXPECT_EQ(listen_descriptors("42", "2", 42), (std::vector{3, 4}));
  EXPECT_TRUE(listen_descriptors("42", "2", 43).empty());
  EXPECT_TRUE(listen_descriptors(nullptr, "2", 42).empty());
  EXPECT_TRUE(listen_descriptors("42", nullptr, 42).empty());
  EXPECT_TRUE(listen_descriptors("42", "-1", 42).empty());
  EXPECT_TRUE(listen_descriptors("42", "many", 42).empty());
  EXPECT_TRUE(listen_descriptors("42", "100000", 42).empty());
}

}  // namespace
}  // namespace dotring::appliance
