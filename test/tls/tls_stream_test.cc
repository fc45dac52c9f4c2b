// TlsStream over real TCP streams on loopback: both roles, good days and bad ones.

#include "tls/tls_stream.h"

#include <gtest/gtest.h>

#include "test/tls/tls_stream_fixture.h"

namespace dotring::tls {
namespace {

using io::CloseReason;

class TlsStreamTest : public io::LoopTest {
 protected:
  TlsStreamTest() : client_context_(client_context()), server_context_(server_context()) {}

  void SetUp() override {
    LoopTest::SetUp();
    client_ = std::make_unique<Talker>(loop_);
    server_ = std::make_unique<Talker>(loop_);
  }
  void TearDown() override {
    for (Talker* talker : {client_.get(), server_.get()}) {
      talker->stream.abort();
      talker->tcp.abort();
      EXPECT_TRUE(turn_until([&] { return !talker->stream.active() && !talker->tcp.active(); }));
    }
  }

  // A raw TCP connection instead of a TLS server: -1 when nobody came.
  int accept_raw() {
    int descriptor = -1;
    EXPECT_TRUE(turn_until([&] { return (descriptor = listener_.accept()) >= 0; }));
    return descriptor;
  }
  void dial() {
    client_->stream.start_client(*client_context_, trust_, &tickets_);
    client_->tcp.connect(listener_.endpoint());
  }
  void serve() {
    server_->tcp.adopt(accept_raw());
    server_->stream.start_server(*server_context_);
  }
  void connect() {
    dial();
    serve();
    ASSERT_TRUE(turn_until([&] { return client_->opened && server_->opened; })) << client_->detail;
  }
  bool both_closed() { return client_->closed > 0 && server_->closed > 0; }
  void hang_up() {
    client_->stream.close();
    EXPECT_TRUE(turn_until([&] { return both_closed(); }));
    client_->opened = server_->opened = false;
    client_->closed = server_->closed = 0;
  }

  std::unique_ptr<ClientContext> client_context_;
  std::unique_ptr<ServerContext> server_context_;
  Trust trust_ = trust_in("dot.example");
  TicketStore tickets_;
  Listener listener_;
  std::unique_ptr<Talker> client_;
  std::unique_ptr<Talker> server_;
};

TEST_F(TlsStreamTest, OpensAndCarriesBytesBothWays) {
  server_->echo = true;
  connect();
  EXPECT_TRUE(client_->stream.send(bytes_of("a question")));
  EXPECT_TRUE(turn_until([&] { return client_->received == "a question"; }));
  EXPECT_EQ(client_->statistics.handshakes_full.value(), 1u);
  EXPECT_EQ(client_->statistics.handshakes_resumed.value(), 0u);
  EXPECT_EQ(client_->statistics.handshake_us.count(), 1u);
  EXPECT_EQ(server_->statistics.handshakes_full.value(), 1u);
  EXPECT_EQ(client_->statistics.plaintext_bytes_out.value(), 10u);
  EXPECT_EQ(client_->statistics.plaintext_bytes_in.value(), 10u);
  EXPECT_EQ(client_->statistics.ciphertext_bytes_out.value(),
            server_->statistics.ciphertext_bytes_in.value());
  EXPECT_EQ(client_->stream.description(), "TLSv1.3 TLS13-CHACHA20-POLY1305-SHA256");
}

TEST_F(TlsStreamTest, WhatOneTurnCommitsIsOneRecord) {
  connect();
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(client_->stream.send(bytes_of(std::string(130, 'q'))));
  EXPECT_EQ(client_->stream.bytes_queued(), 64u * 130);
  EXPECT_TRUE(turn_until([&] { return server_->received.size() == 64 * 130; }));
  EXPECT_EQ(client_->statistics.records_written.value(), 1u);
  EXPECT_EQ(server_->deliveries, 1);
  EXPECT_EQ(client_->stream.bytes_queued(), 0u);
}

TEST_F(TlsStreamTest, ReservingMuchAndCommittingLittleIsStillOneRecord) {
  connect();
  for (int i = 0; i < 64; ++i) {
    MutableBytes room = client_->stream.reserve(65537);
    ASSERT_EQ(room.size(), 65537u);
    room[0] = static_cast<uint8_t>('a' + i % 26);
    client_->stream.commit(1);
  }
  EXPECT_TRUE(turn_until([&] { return server_->received.size() == 64; }));
  EXPECT_EQ(client_->statistics.records_written.value(), 1u);
}

TEST_F(TlsStreamTest, LargeWritesArriveWhole) {
  connect();
  std::string large;
  for (int i = 0; i < 300000; ++i) large += static_cast<char>('a' + i % 23);
  EXPECT_TRUE(client_->stream.send(bytes_of(large)));
  EXPECT_TRUE(turn_until([&] { return server_->received.size() == large.size(); }));
  EXPECT_EQ(server_->received, large);
  EXPECT_EQ(client_->statistics.records_written.value(), (large.size() + 16383) / 16384);
}

TEST_F(TlsStreamTest, TheQueueIsBounded) {
  server_->pause_at_once = true;
  connect();
  const std::string part(100000, 'x');
  size_t accepted = 0;
  while (client_->stream.send(bytes_of(part))) {
    accepted += part.size();
    ASSERT_LE(accepted, size_t{8} << 20);
  }
  EXPECT_GT(accepted, 500000u);
  EXPECT_LE(client_->stream.bytes_queued(), Talker::tcp_options().send_queue_max);
  // And what was accepted arrives.
  server_->pause_at_once = false;
  server_->stream.resume_reading();
  EXPECT_TRUE(turn_until([&] { return server_->received.size() == accepted; }));
}

TEST_F(TlsStreamTest, PausingStopsDeliveryAndLosesNothing) {
  server_->pause_at_once = true;
  connect();
  std::string sent;
  for (int i = 0; i < 50; ++i) {
    const std::string part(3000, static_cast<char>('a' + i % 26));
    EXPECT_TRUE(client_->stream.send(bytes_of(part)));
    sent += part;
    loop_.turn(0);
  }
  client_->stream.close();
  EXPECT_TRUE(turn_until([&] { return server_->deliveries == 1; }));
  while (server_->received.size() < sent.size()) {
    const int before = server_->deliveries;
    server_->stream.resume_reading();
    ASSERT_EQ(server_->deliveries, before);  // never from inside the call
    ASSERT_TRUE(turn_until([&] { return server_->deliveries > before; }));
    ASSERT_EQ(server_->deliveries, before + 1);
    EXPECT_FALSE(server_->peer_finished);
  }
  EXPECT_EQ(server_->received, sent);
  server_->stream.resume_reading();
  EXPECT_TRUE(turn_until([&] { return server_->closed == 1; }));
  EXPECT_EQ(server_->reason, CloseReason::Peer);
}

TEST_F(TlsStreamTest, NothingIsAcceptedBeforeTheHandshake) {
  client_->stream.start_client(*client_context_, trust_, nullptr);
  EXPECT_TRUE(client_->stream.reserve(1).empty());
  client_->tcp.connect(listener_.endpoint());
  const int raw = accept_raw();
  EXPECT_TRUE(turn_until([&] { return client_->statistics.ciphertext_bytes_out.value() > 0; }));
  EXPECT_TRUE(client_->stream.reserve(1).empty());
  EXPECT_FALSE(client_->opened);
  ::close(raw);
  EXPECT_TRUE(turn_until([&] { return client_->closed == 1; }));
  EXPECT_FALSE(client_->opened);
  EXPECT_EQ(client_->statistics.handshakes_failed.value(), 1u);
}

TEST_F(TlsStreamTest, CloseSendsWhatWasCommittedAndCloseNotify) {
  connect();
  EXPECT_TRUE(client_->stream.send(bytes_of("last words")));
  client_->stream.close();
  EXPECT_EQ(client_->closed, 0);  // never from inside the call
  EXPECT_TRUE(client_->stream.reserve(1).empty());
  EXPECT_TRUE(turn_until([&] { return both_closed(); }));
  EXPECT_EQ(server_->received, "last words");
  EXPECT_EQ(client_->reason, CloseReason::Local);
  EXPECT_EQ(server_->reason, CloseReason::Peer);
  EXPECT_EQ(server_->detail, "close_notify");
  EXPECT_TRUE(server_->peer_finished);
}

TEST_F(TlsStreamTest, HalfCloseLeavesTheOtherDirection) {
  server_->stay_open = true;
  connect();
  client_->stay_open = true;
  // A client that shuts down its side of TCP and waits for the answer.
  EXPECT_TRUE(client_->stream.send(bytes_of("a question")));
  EXPECT_TRUE(turn_until([&] { return server_->received == "a question"; }));
  server_->stream.close();
  EXPECT_TRUE(turn_until([&] { return client_->peer_finished; }));
  EXPECT_TRUE(client_->stream.open());
  EXPECT_EQ(client_->closed, 0);
  client_->stream.close();
  EXPECT_TRUE(turn_until([&] { return both_closed(); }));
  EXPECT_EQ(client_->reason, CloseReason::Local);
}

TEST_F(TlsStreamTest, ClosingFromInsideADelivery) {
  server_->close_at_once = true;
  connect();
  EXPECT_TRUE(client_->stream.send(bytes_of("one")));
  loop_.turn(0);
  EXPECT_TRUE(client_->stream.send(bytes_of("two")));
  EXPECT_TRUE(turn_until([&] { return both_closed(); }));
  EXPECT_EQ(server_->deliveries, 1);
  EXPECT_EQ(server_->reason, CloseReason::Local);
  EXPECT_EQ(client_->reason, CloseReason::Peer);
}

TEST_F(TlsStreamTest, ReconnectsResumeAndAreCounted) {
  for (uint64_t i = 0; i < 4; ++i) {
    server_->greeting = "hello";
    connect();
    EXPECT_TRUE(turn_until([&] { return !client_->received.empty(); }));
    client_->received.clear();
    EXPECT_EQ(client_->stream.resumed(), i > 0);
    EXPECT_EQ(client_->statistics.handshakes_full.value(), 1u);
    EXPECT_EQ(client_->statistics.handshakes_resumed.value(), i);
    EXPECT_EQ(server_->statistics.handshakes_resumed.value(), i);
    EXPECT_TRUE(turn_until([&] { return tickets_.size() == 1; }));
    hang_up();
  }
}

TEST_F(TlsStreamTest, ADeclinedTicketIsNoFailureOfTheServer) {
  ClientOptions options = client_options();
  options.tls12_only = true;
  client_context_ = client_context(options);
  connect();
  hang_up();
  ASSERT_EQ(tickets_.size(), 1u);
  server_context_ = server_context();  // restarted, with other keys for tickets
  dial();
  serve();
  ASSERT_TRUE(turn_until([&] { return client_->opened || client_->closed == 1; }));
  if (client_->closed == 1) {
    EXPECT_TRUE(client_->declined);
    EXPECT_EQ(client_->reason, CloseReason::Reset);
    EXPECT_EQ(client_->statistics.tickets_declined.value(), 1u);
    EXPECT_TRUE(turn_until([&] { return server_->closed == 1; }));
    connect();
  }
  EXPECT_TRUE(turn_until([&] { return client_->opened; }));
  EXPECT_EQ(client_->statistics.handshakes_full.value(), 2u);
  EXPECT_EQ(client_->statistics.handshakes_failed.value(), 0u);
}

TEST_F(TlsStreamTest, AnUntrustedServerGetsNoPlaintext) {
  trust_ = trust_in("other.example");
  client_->greeting = "secret";
  dial();
  serve();
  EXPECT_TRUE(turn_until([&] { return both_closed(); }));
  EXPECT_FALSE(client_->opened);
  EXPECT_EQ(client_->reason, CloseReason::SecurityFailed);
  EXPECT_NE(client_->detail.find("another name"), client_->detail.npos) << client_->detail;
  EXPECT_EQ(client_->statistics.handshakes_failed.value(), 1u);
  EXPECT_EQ(server_->received, "");
  EXPECT_EQ(server_->reason, CloseReason::SecurityFailed);
  EXPECT_EQ(server_->detail, "peer sent the alert bad_certificate");
}

TEST_F(TlsStreamTest, AServerThatSpeaksNoTls) {
  dial();
  const int raw = accept_raw();
  const std::string_view http = "HTTP/1.1 400 Bad Request\r\n\r\n";
  EXPECT_EQ(::send(raw, http.data(), http.size(), 0), static_cast<ssize_t>(http.size()));
  EXPECT_TRUE(turn_until([&] { return client_->closed == 1; }));
  EXPECT_EQ(client_->reason, CloseReason::ProtocolFailed);
  EXPECT_EQ(client_->detail, "peer does not speak TLS");
  EXPECT_FALSE(client_->opened);
  ::close(raw);
}

TEST_F(TlsStreamTest, AClientThatSpeaksNoTls) {
  const int raw = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(listener_.endpoint().port);
  ASSERT_EQ(::connect(raw, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  serve();
  const std::string_view dns("\0\x1d\xab\xcd\1\0\0\1", 8);
  EXPECT_EQ(::send(raw, dns.data(), dns.size(), 0), static_cast<ssize_t>(dns.size()));
  EXPECT_TRUE(turn_until([&] { return server_->closed == 1; }));
  EXPECT_EQ(server_->reason, CloseReason::ProtocolFailed);
  ::close(raw);
}

TEST_F(TlsStreamTest, ASilentServerTimesOut) {
  TlsStream::Options options;
  options.handshake_timeout_ms = 30;
  client_ = std::make_unique<Talker>(loop_, options);
  dial();
  const int raw = accept_raw();
  EXPECT_TRUE(turn_until([&] { return client_->closed == 1; }));
  EXPECT_EQ(client_->reason, CloseReason::ConnectTimeout);
  EXPECT_EQ(client_->detail, "no TLS handshake in time");
  EXPECT_EQ(client_->statistics.handshakes_failed.value(), 1u);
  ::close(raw);
}

TEST_F(TlsStreamTest, ARefusedConnectionIsNoFailedHandshake) {
  Endpoint nobody;
  {
    const Listener gone;
    nobody = gone.endpoint();
  }
  client_->stream.start_client(*client_context_, trust_, nullptr);
  client_->tcp.connect(nobody);
  EXPECT_TRUE(turn_until([&] { return client_->closed == 1; }));
  EXPECT_EQ(client_->reason, CloseReason::ConnectFailed);
  EXPECT_EQ(client_->statistics.handshakes_failed.value(), 0u);
}

TEST_F(TlsStreamTest, AFinWithoutCloseNotifyIsTold) {
  connect();
  client_->tcp.close();  // behind the back of TLS
  EXPECT_TRUE(turn_until([&] { return server_->closed == 1; }));
  EXPECT_EQ(server_->reason, CloseReason::Peer);
  EXPECT_EQ(server_->detail, "without close_notify");
}

TEST_F(TlsStreamTest, GarbageOnAnOpenStreamEndsIt) {
  connect();
  EXPECT_TRUE(client_->tcp.send(
      bytes_of(std::string("\x17\x03\x03\0\x20garbage garbage garbage garbage!", 37))));
  EXPECT_TRUE(turn_until([&] { return server_->closed == 1; }));
  EXPECT_EQ(server_->reason, CloseReason::ProtocolFailed);
  EXPECT_EQ(server_->statistics.broken_streams.value(), 1u);
  EXPECT_EQ(server_->statistics.handshakes_failed.value(), 0u);
  EXPECT_TRUE(turn_until([&] { return client_->closed == 1; }));
}

TEST_F(TlsStreamTest, AbortEndsAtOnceInEveryState) {
  client_->stream.start_client(*client_context_, trust_, nullptr);
  client_->stream.abort();  // before the lower stream was started
  EXPECT_EQ(client_->closed, 0);
  EXPECT_TRUE(turn_until([&] { return client_->closed == 1; }));
  EXPECT_EQ(client_->reason, CloseReason::Local);

  dial();
  client_->stream.abort();  // connecting
  EXPECT_TRUE(turn_until([&] { return client_->closed == 2; }));
  ::close(accept_raw());

  dial();
  const int raw = accept_raw();
  EXPECT_TRUE(turn_until([&] { return client_->statistics.ciphertext_bytes_out.value() > 0; }));
  client_->stream.abort();  // in the handshake
  EXPECT_TRUE(turn_until([&] { return client_->closed == 3; }));
  EXPECT_EQ(client_->statistics.handshakes_failed.value(), 0u);
  ::close(raw);

  connect();
  client_->stream.abort();  // open
  EXPECT_TRUE(turn_until([&] { return client_->closed == 4; }));
  EXPECT_EQ(client_->reason, CloseReason::Local);
}

TEST_F(TlsStreamTest, AClientWithoutTrustFailsBeforeItSpeaks) {
  const Trust nothing;
  client_->stream.start_client(*client_context_, nothing, nullptr);
  client_->tcp.connect(listener_.endpoint());
  EXPECT_TRUE(turn_until([&] { return client_->closed == 1; }));
  EXPECT_EQ(client_->reason, CloseReason::SecurityFailed);
  EXPECT_EQ(client_->statistics.ciphertext_bytes_out.value(), 0u);
}

}  // namespace
}  // namespace dotring::tls
