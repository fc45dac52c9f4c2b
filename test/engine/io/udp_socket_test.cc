#include "engine/io/udp_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/io/socket_address.h"
#include "test/engine/io/loop_fixture.h"

namespace dotring::io {
namespace {

struct Echo final : UdpHandler {
  explicit Echo(UdpSocket& s) : socket(s) { socket.set_handler(this); }
  void on_datagram_ahead(Bytes bytes) override { ahead.push_back({text_of(bytes), datagrams}); }
  void on_datagram(Bytes bytes, const UdpPath& path) override {
    ++datagrams;
    delivered.push_back(text_of(bytes));
    last_peer = path.peer();
    const MutableBytes room = socket.reserve(bytes.size());
    ASSERT_GE(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), bytes.size());
    socket.commit(path, bytes.size());
  }
  static std::string text_of(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  struct Ahead {
    std::string text;
    int delivered_before;
  };
  UdpSocket& socket;
  int datagrams = 0;
  std::vector<Ahead> ahead;
  std::vector<std::string> delivered;
  Endpoint last_peer;
};

/// A plain client socket of the kernel: the second opinion.
class Client {
 public:
  explicit Client(const char* address) {
    descriptor_ = bind_socket({*IpAddress::parse(address), 0}, SOCK_DGRAM, false).descriptor;
  }
  ~Client() { close(descriptor_); }
  void send(const std::string& text, const Endpoint& to) {
    const SocketAddress address = SocketAddress::of(to);
    ASSERT_EQ(sendto(descriptor_, text.data(), text.size(), 0, &address.any, address.size),
              static_cast<ssize_t>(text.size()));
  }
  /// "TEXT from ADDRESS:PORT", empty when nothing is there.
  std::string receive() {
    char text[65536];
    SocketAddress from = SocketAddress::of({*IpAddress::parse("::"), 0});
    const ssize_t size =
        recvfrom(descriptor_, text, sizeof text, MSG_DONTWAIT, &from.any, &from.size);
    if (size < 0) return "";
    const Endpoint sender =
        from.any.sa_family == AF_INET ? endpoint_of(from.in4) : endpoint_of(from.in6);
    return std::string(text, static_cast<size_t>(size)) + " from " + sender.to_text();
  }
  Endpoint local() const { return local_endpoint(descriptor_); }

 private:
  int descriptor_;
};

class UdpSocketTest : public LoopTest {
 protected:
  void serve(const char* address, UdpSocket::Options options = {}) {
    socket_ = std::make_unique<UdpSocket>(loop_, options);
    const auto failure = socket_->open({*IpAddress::parse(address), 0});
    ASSERT_FALSE(failure) << *failure;
    echo_ = std::make_unique<Echo>(*socket_);
    socket_->start();
  }
  void TearDown() override {
    if (!socket_) return;
    socket_->stop();
    EXPECT_TRUE(turn_until([&] { return !socket_->active(); }));
  }
  Endpoint at(const char* address) { return {*IpAddress::parse(address), socket_->local().port}; }
  std::string reply(Client& client) {
    std::string text;
    EXPECT_TRUE(turn_until([&] { return !(text = client.receive()).empty(); }));
    return text;
  }

  std::unique_ptr<UdpSocket> socket_;
  std::unique_ptr<Echo> echo_;
};

TEST_F(UdpSocketTest, AnswersOnIpv4AndKnowsThePeer) {
  serve("127.0.0.1");
  Client client("127.0.0.1");
  client.send("hi", at("127.0.0.1"));
  EXPECT_EQ(reply(client), "hi from " + at("127.0.0.1").to_text());
  EXPECT_EQ(echo_->last_peer, client.local());
}

TEST_F(UdpSocketTest, AnswersOnIpv6) {
  serve("::1");
  Client client("::1");
  client.send("hi", at("::1"));
  EXPECT_EQ(reply(client), "hi from " + at("::1").to_text());
}

TEST_F(UdpSocketTest, OnAWildcardSocketTheReplyLeavesFromTheAddressThatWasAsked) {
  serve("0.0.0.0");
  Client client("127.0.0.1");
  client.send("a", at("127.0.0.2"));
  EXPECT_EQ(reply(client), "a from " + at("127.0.0.2").to_text());
  client.send("b", at("127.0.0.3"));
  EXPECT_EQ(reply(client), "b from " + at("127.0.0.3").to_text());
}

TEST_F(UdpSocketTest, OnAWildcardSocketARunIsOfOneAskedAddress) {
  serve("0.0.0.0");
  Client client("127.0.0.1");
  for (const char* asked : {"127.0.0.2", "127.0.0.2", "127.0.0.3"}) client.send("a", at(asked));
  for (const char* asked : {"127.0.0.2", "127.0.0.2", "127.0.0.3"}) {
    EXPECT_EQ(reply(client), "a from " + at(asked).to_text());
  }
  EXPECT_EQ(socket_->statistics().datagrams_out_in_runs.value(), 2u);
}

TEST_F(UdpSocketTest, OnAnIpv6WildcardSocketARunLeavesTheSameWay) {
  serve("::");
  Client client("::1");
  for (int i = 0; i < 3; ++i) client.send("a", at("::1"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reply(client), "a from " + at("::1").to_text());
  EXPECT_EQ(socket_->statistics().datagrams_out_in_runs.value(), 3u);
}

TEST_F(UdpSocketTest, OnAnIpv6WildcardSocketToo) {
  serve("::");
  Client client("::1");
  client.send("a", at("::1"));
  EXPECT_EQ(reply(client), "a from " + at("::1").to_text());
}

TEST_F(UdpSocketTest, MoreThanABatchPerTurnIsReceivedAndSentInBatches) {
  UdpSocket::Options options;
  options.batch = 8;
  options.rounds_per_turn_max = 2;
  serve("127.0.0.1", options);
  Client client("127.0.0.1");
  std::set<std::string> expected, received;
  for (int i = 0; i < 100; ++i) {
    client.send(std::to_string(i), at("127.0.0.1"));
    expected.insert(std::to_string(i) + " from " + at("127.0.0.1").to_text());
  }
  ASSERT_TRUE(turn_until([&] {
    for (std::string text; !(text = client.receive()).empty();) received.insert(text);
    return received.size() == expected.size();
  }));
  EXPECT_EQ(received, expected);
  EXPECT_EQ(socket_->statistics().datagrams_in.value(), 100u);
  EXPECT_EQ(socket_->statistics().datagrams_out.value(), 100u);
  EXPECT_LE(socket_->statistics().sends.value(), 20u);
}

TEST_F(UdpSocketTest, DatagramsThatCameTogetherAreAnnouncedBeforeTheyAreDelivered) {
  serve("127.0.0.1");
  Client client("127.0.0.1");
  for (int i = 0; i < 20; ++i) client.send(std::to_string(i), at("127.0.0.1"));
  ASSERT_TRUE(turn_until([&] { return echo_->datagrams == 20; }));
  ASSERT_EQ(echo_->ahead.size(), 18u);  // not the first of the ring, nor of the batch
  for (size_t i = 0; i < echo_->ahead.size(); ++i) {
    EXPECT_EQ(echo_->ahead[i].text, echo_->delivered[i + 2]);
    EXPECT_LT(echo_->ahead[i].delivered_before, static_cast<int>(i) + 2);
  }
}

/// A loop whose time stands still unless it is moved.
class UdpSocketAtATime : public testing::Test {
 protected:
  struct StandingClock final : Clock {
    uint64_t monotonic_us() const override { return now_us; }
    uint64_t now_us = 1'000'000;
  };

  void SetUp() override {
    ASSERT_EQ(loop_.open(), std::nullopt);
    ASSERT_EQ(socket_.open({*IpAddress::parse("127.0.0.1"), 0}), std::nullopt);
    socket_.start();
  }
  void TearDown() override {
    socket_.stop();
    while (socket_.active()) loop_.turn(1);
  }
  void exchange() {
    client_.send("hi", socket_.local());
    std::string text;
    for (int turns = 0; turns < 5000 && text.empty(); ++turns) {
      loop_.turn(1);
      text = client_.receive();
    }
    EXPECT_FALSE(text.empty());
  }
  uint64_t looks() const { return socket_.statistics().receives.value(); }

  StandingClock clock_;
  Loop loop_{{}, clock_};
  UdpSocket socket_{loop_, {}};
  Echo echo_{socket_};
  Client client_{"127.0.0.1"};
};

TEST_F(UdpSocketAtATime, WhatStandsBehindADatagramIsLookedForOnceInEightThatCameAlone) {
  for (int i = 0; i < 2 + 8 * 10; ++i) exchange();
  EXPECT_EQ(looks(), 2u + 10u);
  EXPECT_TRUE(echo_.ahead.empty());
}

TEST_F(UdpSocketAtATime, ItIsLookedForSoonerWhenTurnsTakeLong) {
  for (int i = 0; i < 10; ++i) {
    exchange();
    clock_.now_us += 3000;
  }
  EXPECT_EQ(looks(), 10u);
}

TEST_F(UdpSocketTest, AfterSomeThatCameAloneABurstIsReceivedInBatches) {
  serve("127.0.0.1");
  Client client("127.0.0.1");
  client.send("alone", at("127.0.0.1"));
  ASSERT_TRUE(turn_until([&] { return echo_->datagrams == 1; }));
  for (int i = 0; i < 100; ++i) client.send(std::to_string(i), at("127.0.0.1"));
  ASSERT_TRUE(turn_until([&] { return echo_->datagrams == 101; }));
  EXPECT_LE(socket_->statistics().receives.value(), 4u);
  EXPECT_LE(loop_.statistics().turns.value(), 15u);
}

TEST_F(UdpSocketTest, AfterAnErrorItGoesOnReceiving) {
  serve("127.0.0.1");
  Endpoint local;
  {
    const Client gone("127.0.0.1");
    local = gone.local();
    const SocketAddress peer = SocketAddress::of(local);
    ASSERT_EQ(connect(socket_->descriptor(), &peer.any, peer.size), 0);
  }
  ::send(socket_->descriptor(), "x", 1, 0);  // nobody is there: refused
  ASSERT_TRUE(turn_until([&] { return socket_->statistics().receive_failures.value() == 1; }));
  const BoundSocket back = bind_socket(local, SOCK_DGRAM, false);
  ASSERT_GE(back.descriptor, 0) << back.failure;
  const SocketAddress to = SocketAddress::of(at("127.0.0.1"));
  sendto(back.descriptor, "hi", 2, 0, &to.any, to.size);
  EXPECT_TRUE(turn_until([&] { return echo_->datagrams == 1; }));
  close(back.descriptor);
}

// Whether a thread that the kernel works in for our ring has something to do, and does not wait.
bool kernel_threads_run() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string line;
    std::getline(std::ifstream(task.path() / "stat"), line);
    const size_t name_end = line.rfind(") ");
    if (line.find("(iou-wrk-") != line.npos && name_end != line.npos && line[name_end + 2] != 'S')
      return true;
  }
  return false;
}

// The kernel goes on in a thread of its own with a receive that came too late again and again. That
// one must not wait there for what others could read.
TEST_F(UdpSocketTest, WhatOthersMayReadIsNotTakenForAWorkerThatDoesNotTurn) {
  serve("127.0.0.1");
  Client client("127.0.0.1");
  const auto read_by_another = [&] {
    char text[8];
    return recv(socket_->descriptor(), text, sizeof text, MSG_DONTWAIT) > 0;
  };
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 200; ++i) {
      client.send("x", at("127.0.0.1"));
      read_by_another();
      loop_.turn(0);
    }
    for (int i = 0; i < 10; ++i) loop_.turn(1);
    while (kernel_threads_run()) std::this_thread::yield();
    client.send("x", at("127.0.0.1"));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // for who should not be there
    EXPECT_TRUE(read_by_another());
  }
}

TEST_F(UdpSocketTest, WhatTheRingHasReceivedIsDeliveredAfterTheStop) {
  serve("127.0.0.1");
  loop_.turn(0);
  Client client("127.0.0.1");
  client.send("hi", at("127.0.0.1"));
  loop_.ring().submit_and_wait(1'000'000);  // received, and not run
  socket_->stop();
  EXPECT_EQ(reply(client), "hi from " + at("127.0.0.1").to_text());
  EXPECT_TRUE(turn_until([&] { return !socket_->active(); }));
  client.send("too late", at("127.0.0.1"));
  loop_.turn(10);
  EXPECT_EQ(echo_->datagrams, 1);
}

TEST_F(UdpSocketTest, ADatagramLongerThanTheBufferIsCountedAndNotDelivered) {
  UdpSocket::Options options;
  options.receive_size_max = 512;
  serve("127.0.0.1", options);
  Client client("127.0.0.1");
  client.send(std::string(513, 'x'), at("127.0.0.1"));
  client.send("short", at("127.0.0.1"));
  EXPECT_EQ(reply(client), "short from " + at("127.0.0.1").to_text());
  EXPECT_EQ(socket_->statistics().truncated_in.value(), 1u);
  EXPECT_EQ(echo_->datagrams, 1);
}

TEST_F(UdpSocketTest, WhatTheKernelHadNoRoomForIsKnown) {
  UdpSocket::Options options;
  options.receive_buffer_bytes = 4096;
  serve("127.0.0.1", options);
  EXPECT_EQ(socket_->drops().datagrams, 0u);
  Client client("127.0.0.1");
  constexpr int kSent = 500;
  for (int i = 0; i < kSent; ++i) client.send("x", at("127.0.0.1"));
  const UdpDrops drops = socket_->drops();
  EXPECT_GT(drops.datagrams, 0u);
  EXPECT_TRUE(turn_until(
      [&] { return socket_->statistics().datagrams_in.value() + drops.datagrams == kSent; }));
  UdpSocket same(loop_, options);
  ASSERT_EQ(same.adopt(dup(socket_->descriptor())), std::nullopt);
  EXPECT_EQ(same.drops().socket, drops.socket);
  EXPECT_EQ(same.drops().datagrams, drops.datagrams);
  UdpSocket other(loop_, options);
  ASSERT_EQ(other.open({*IpAddress::parse("127.0.0.1"), 0}), std::nullopt);
  EXPECT_NE(other.drops().socket, drops.socket);
}

TEST_F(UdpSocketTest, ADatagramThatCannotBeSentDoesNotStopThoseBehindIt) {
  serve("127.0.0.1");
  Client client("127.0.0.1");
  UdpPath nowhere{};
  nowhere.peer4.sin_family = AF_INET;  // port 0: the kernel refuses it
  socket_->reserve(1)[0] = 'x';
  socket_->commit(nowhere, 1);
  client.send("hi", at("127.0.0.1"));
  EXPECT_EQ(reply(client), "hi from " + at("127.0.0.1").to_text());
  EXPECT_EQ(socket_->statistics().send_failures.value(), 1u);
}

TEST_F(UdpSocketTest, NoRoomForMoreThanASlot) {
  serve("127.0.0.1");
  EXPECT_TRUE(socket_->reserve(UdpSocket::Options().send_size_max + 1).empty());
}

}  // namespace
}  // namespace dotring::io
