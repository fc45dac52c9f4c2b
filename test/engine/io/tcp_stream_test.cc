#include "engine/io/tcp_stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "engine/io/acceptor.h"
#include "test/engine/io/loop_fixture.h"

namespace dotring::io {
namespace {

Endpoint loopback(uint16_t port) {
  return {*IpAddress::parse("127.0.0.1"), port};
}

/// Records what happens on one stream.
struct Peer final : StreamHandler {
  explicit Peer(Loop& loop, TcpStream::Options options = {}) : stream(loop, options) {
    stream.set_handler(this);
  }
  void on_open() override { opened = true; }
  void on_bytes(Bytes bytes) override {
    received.insert(received.end(), bytes.begin(), bytes.end());
    if (echo) stream.send(bytes);
  }
  bool on_peer_finished() override {
    peer_finished = true;
    return stay_open;
  }
  void on_writable() override { ++writable; }
  void on_closed(CloseReason why, const std::string& text) override {
    closed = why;
    detail = text;
    EXPECT_FALSE(in_call) << "on_closed() from inside close() or abort()";
  }
  std::string text() const { return {received.begin(), received.end()}; }

  TcpStream stream;
  std::vector<uint8_t> received;
  bool opened = false, echo = false, stay_open = false, peer_finished = false, in_call = false;
  int writable = 0;
  std::optional<CloseReason> closed;
  std::string detail;
};

class TcpStreamTest : public LoopTest, private AcceptHandler {
 protected:
  TcpStreamTest() : acceptor_(loop_, {}), client_(loop_) {}

  void SetUp() override {
    LoopTest::SetUp();
    ASSERT_FALSE(acceptor_.open(loopback(0)));
    acceptor_.set_handler(this);
    acceptor_.start();
  }
  void TearDown() override {
    client_.stream.abort();
    for (auto& server : servers_) server->stream.abort();
    acceptor_.stop();
    EXPECT_TRUE(turn_until([&] {
      for (auto& server : servers_) {
        if (server->stream.active()) return false;
      }
      return !client_.stream.active() && !acceptor_.active();
    }));
  }
  void on_accepted(int descriptor, const Endpoint& peer) override {
    accepted_from_ = peer;
    servers_.push_back(std::make_unique<Peer>(loop_, server_options_));
    servers_.back()->stream.adopt(descriptor);
  }
  void connect() {
    client_.stream.connect(acceptor_.local());
    ASSERT_TRUE(turn_until([&] { return client_.opened && servers_.size() == 1; }));
  }
  Peer& server() { return *servers_.front(); }

  Acceptor acceptor_;
  TcpStream::Options server_options_;
  Peer client_;
  std::deque<std::unique_ptr<Peer>> servers_;
  Endpoint accepted_from_;
};

TEST_F(TcpStreamTest, CarriesBytesBothWays) {
  connect();
  server().echo = true;
  EXPECT_TRUE(client_.stream.send(bytes_of("hello ")));
  EXPECT_TRUE(client_.stream.send(bytes_of("there")));
  ASSERT_TRUE(turn_until([&] { return client_.received.size() == 11; }));
  EXPECT_EQ(client_.text(), "hello there");
  EXPECT_EQ(accepted_from_.address.to_text(), "127.0.0.1");
}

TEST_F(TcpStreamTest, WhatIsCommittedInOneTurnLeavesInOneSend) {
  connect();
  const uint64_t before = loop_.statistics().sends.value();
  const std::vector<uint8_t> query(130);
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(client_.stream.send(query));
  ASSERT_TRUE(turn_until([&] { return server().received.size() == 64 * query.size(); }));
  EXPECT_EQ(loop_.statistics().sends.value() - before, 1u);
}

TEST_F(TcpStreamTest, AMegabyteArrivesWholeThoughBuffersAreFew) {
  connect();
  std::vector<uint8_t> sent(1'000'000);
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<uint8_t>(i * 7 + (i >> 8));
  ASSERT_TRUE(client_.stream.send(sent));
  ASSERT_TRUE(turn_until([&] { return server().received.size() == sent.size(); }));
  EXPECT_TRUE(server().received == sent);
  EXPECT_EQ(client_.stream.bytes_queued(), 0u);
}

TEST_F(TcpStreamTest, BuffersAreKeptForTheNextTurnAndGivenBackWhenTheBurstIsOver) {
  connect();
  const std::vector<uint8_t> burst(100'000);
  for (size_t bursts = 1; bursts <= 3; ++bursts) {
    ASSERT_TRUE(client_.stream.send(burst));
    ASSERT_TRUE(turn_until([&] { return server().received.size() == bursts * burst.size(); }));
    EXPECT_EQ(client_.stream.bytes_queued(), 0u);
    EXPECT_GE(client_.stream.bytes_held(), burst.size());
  }
  const size_t idle_max = 2 * TcpStream::Options().idle_buffer_max;
  EXPECT_TRUE(turn_until([&] { return client_.stream.bytes_held() <= idle_max; }));
  ASSERT_TRUE(client_.stream.send(burst));
  EXPECT_TRUE(turn_until([&] { return server().received.size() == 4 * burst.size(); }));
}

TEST_F(TcpStreamTest, AStreamThatClosesWhenItsBurstIsOverSendsTheRest) {
  server_options_.burst_over_after_ms = 100;
  connect();
  const std::vector<uint8_t> burst(100'000);
  ASSERT_TRUE(server().stream.send(burst));
  ASSERT_TRUE(turn_until([&] { return client_.received.size() == burst.size(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(150));  // its timer is due in the next turn
  ASSERT_TRUE(server().stream.send(bytes_of("bye")));
  server().stream.close();
  EXPECT_TRUE(turn_until([&] { return client_.received.size() == burst.size() + 3; }));
}

TEST_F(TcpStreamTest, TheSendQueueIsBounded) {
  connect();
  server().stream.pause_reading();
  const std::vector<uint8_t> block(64 * 1024);
  size_t accepted = 0;
  while (client_.stream.send(block)) accepted += block.size();
  EXPECT_EQ(accepted, TcpStream::Options().send_queue_max);
  server().stream.resume_reading();
  ASSERT_TRUE(turn_until([&] { return server().received.size() == accepted; }));
  EXPECT_EQ(client_.writable, 1);
}

TEST_F(TcpStreamTest, PausedReadingDeliversNothingUntilResumed) {
  connect();
  server().stream.pause_reading();
  loop_.turn(0);
  client_.stream.send(bytes_of("later"));
  for (int i = 0; i < 20; ++i) loop_.turn(1);
  EXPECT_EQ(server().text(), "");
  server().stream.resume_reading();
  ASSERT_TRUE(turn_until([&] { return server().text() == "later"; }));
}

TEST_F(TcpStreamTest, CloseSendsWhatWasCommittedAndBothSidesLearnIt) {
  connect();
  client_.stream.send(bytes_of("last words"));
  client_.in_call = true;
  client_.stream.close();
  client_.in_call = false;
  EXPECT_TRUE(client_.stream.reserve(1).empty());
  ASSERT_TRUE(turn_until([&] { return client_.closed && server().closed; }));
  EXPECT_EQ(server().text(), "last words");
  EXPECT_EQ(server().closed, CloseReason::Peer);
  EXPECT_EQ(client_.closed, CloseReason::Local);
}

TEST_F(TcpStreamTest, AHalfClosedPeerStillGetsItsAnswer) {
  connect();
  server().stay_open = true;
  client_.stream.send(bytes_of("question"));
  client_.stream.close();  // shuts down this side, then lingers
  ASSERT_TRUE(turn_until([&] { return server().peer_finished; }));
  EXPECT_TRUE(server().stream.active());
  EXPECT_TRUE(server().stream.send(bytes_of("answer")));
  server().stream.close();
  ASSERT_TRUE(turn_until([&] { return server().closed && client_.closed; }));
  EXPECT_EQ(server().closed, CloseReason::Local);
}

TEST_F(TcpStreamTest, AbortIsReportedLaterAndThePeerSeesTheEnd) {
  connect();
  client_.in_call = true;
  client_.stream.abort();
  client_.in_call = false;
  ASSERT_TRUE(turn_until([&] { return client_.closed && server().closed; }));
  EXPECT_EQ(client_.closed, CloseReason::Local);
}

TEST_F(TcpStreamTest, AStreamCanBeOpenedAgainAfterItClosed) {
  connect();
  client_.stream.abort();
  ASSERT_TRUE(turn_until([&] { return client_.closed.has_value(); }));
  client_.opened = false;
  client_.stream.connect(acceptor_.local());
  ASSERT_TRUE(turn_until([&] { return client_.opened && servers_.size() == 2; }));
  client_.stream.send(bytes_of("again"));
  ASSERT_TRUE(turn_until([&] { return servers_.back()->text() == "again"; }));
}

TEST_F(TcpStreamTest, ARefusedConnectionSaysSo) {
  const Endpoint nobody = [&] {
    Acceptor gone(loop_, {});
    EXPECT_FALSE(gone.open(loopback(0)));
    return gone.local();
  }();
  Peer lonely(loop_);
  lonely.stream.connect(nobody);
  ASSERT_TRUE(turn_until([&] { return lonely.closed.has_value(); }));
  EXPECT_EQ(lonely.closed, CloseReason::ConnectFailed);
  EXPECT_NE(lonely.detail.find("refused"), std::string::npos) << lonely.detail;
}

TEST_F(TcpStreamTest, AnUnansweredConnectTimesOut) {
  // A full backlog answers no SYN: the listener never accepts.
  const BoundSocket full = bind_socket(loopback(0), SOCK_STREAM, false);
  ASSERT_GE(full.descriptor, 0) << full.failure;
  ASSERT_EQ(listen(full.descriptor, 0), 0);
  TcpStream::Options options;
  options.connect_timeout_ms = 50;
  std::deque<Peer> peers;
  for (int i = 0; i < 8; ++i) {
    peers.emplace_back(loop_, options);
    peers.back().stream.connect(local_endpoint(full.descriptor));
  }
  ASSERT_TRUE(turn_until([&] { return peers.back().closed.has_value(); }));
  EXPECT_EQ(peers.back().closed, CloseReason::ConnectTimeout);
  for (auto& peer : peers) peer.stream.abort();
  ASSERT_TRUE(turn_until([&] {
    for (auto& peer : peers) {
      if (peer.stream.active()) return false;
    }
    return true;
  }));
  ::close(full.descriptor);
}

TEST_F(TcpStreamTest, APeerThatNeverReadsIsCutOff) {
  connect();
  server().stream.pause_reading();
  loop_.turn(0);
  TcpStream::Options options;
  options.send_timeout_ms = 60;
  options.send_queue_max = 64 << 20;
  Peer impatient(loop_, options);
  impatient.stream.connect(acceptor_.local());
  ASSERT_TRUE(turn_until([&] { return impatient.opened && servers_.size() == 2; }));
  servers_.back()->stream.pause_reading();
  loop_.turn(0);
  const std::vector<uint8_t> much(32 << 20);
  ASSERT_TRUE(impatient.stream.send(much));
  ASSERT_TRUE(turn_until([&] { return impatient.closed.has_value(); }));
  EXPECT_EQ(impatient.closed, CloseReason::SendStalled);
}

TEST_F(TcpStreamTest, ManyStreamsAtOnce) {
  std::deque<Peer> peers;
  for (int i = 0; i < 200; ++i) {
    peers.emplace_back(loop_);
    peers.back().stream.connect(acceptor_.local());
  }
  ASSERT_TRUE(turn_until([&] { return servers_.size() == 200; }));
  for (auto& server : servers_) server->echo = true;
  for (auto& peer : peers) {
    ASSERT_TRUE(turn_until([&] { return peer.opened; }));
    peer.stream.send(bytes_of("ping"));
  }
  for (auto& peer : peers) ASSERT_TRUE(turn_until([&] { return peer.text() == "ping"; }));
  for (auto& peer : peers) peer.stream.close();
  for (auto& peer : peers) ASSERT_TRUE(turn_until([&] { return peer.closed.has_value(); }));
}

}  // namespace
}  // namespace dotring::io
