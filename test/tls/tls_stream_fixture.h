// A loop, a listening socket, and owners of TLS streams that remember what happened to them.

#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io/tcp_stream.h"
#include "test/engine/io/loop_fixture.h"
#include "test/tls/tls_fixture.h"
#include "tls/tls_stream.h"

namespace dotring::tls {

/// Owns one stream and remembers what it said.
class Talker : public io::StreamHandler {
 public:
  Talker(io::Loop& loop, const TlsStream::Options& options = {})
      : tcp(loop, tcp_options()), stream(loop, tcp, options, statistics) {
    stream.set_handler(this);
  }
  static io::TcpStream::Options tcp_options() {
    io::TcpStream::Options options;
    options.linger_timeout_ms = 50;
    return options;
  }

  void on_open() override {
    opened = true;
    EXPECT_TRUE(greeting.empty() || stream.send(bytes_of(greeting)));
  }
  void on_bytes(Bytes bytes) override {
    ++deliveries;
    received += text_of(bytes);
    if (pause_at_once) stream.pause_reading();
    EXPECT_TRUE(!echo || stream.send(bytes));
    if (close_at_once) stream.close();
  }
  bool on_peer_finished() override {
    peer_finished = true;
    return stay_open;
  }
  void on_closed(io::CloseReason why, const std::string& text) override {
    ++closed;
    reason = why;
    detail = text;
    declined = stream.ticket_declined();
  }

  TlsStatistics statistics;
  io::TcpStream tcp;
  TlsStream stream;
  std::string greeting;
  bool echo = false;
  bool pause_at_once = false;
  bool close_at_once = false;
  bool stay_open = false;
  bool opened = false;
  bool peer_finished = false;
  bool declined = false;
  int closed = 0;
  int deliveries = 0;
  std::string received;
  io::CloseReason reason = io::CloseReason::Local;
  std::string detail;
};

/// A listening socket on a free port of loopback, asked for the next connection without waiting.
class Listener {
 public:
  Listener() {
    descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(descriptor_, 16), 0);
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    endpoint_.address = *IpAddress::parse("127.0.0.1");
    endpoint_.port = ntohs(address.sin_port);
  }
  ~Listener() { ::close(descriptor_); }
  const Endpoint& endpoint() const { return endpoint_; }
  /// -1: none yet.
  int accept() const { return ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  int descriptor_;
  Endpoint endpoint_;
};

}  // namespace dotring::tls
