// A TCP listener on loopback with the options that a test sets before listen().

#pragma once

#include "engine/listen/tcp_listener.h"
#include "test/engine/listen/loopback.h"

namespace dotring::listen::test {

class TcpListenerTest : public LoopTest {
 protected:
  void listen(std::string_view local = "127.0.0.1:0") {
    limits = std::make_unique<SessionLimits>(limits_options, HashKey{1, 2});
    listener = std::make_unique<TcpListener>(loop, options, *limits, streams, handler);
    ASSERT_EQ(listener->open(endpoint(local)), std::nullopt);
    listener->start();
  }
  void TearDown() override {
    if (!listener) return;
    listener->abort();
    EXPECT_TRUE(turn_until([this] { return !listener->active(); }));
    EXPECT_EQ(limits->sessions(), 0u);
    EXPECT_EQ(limits->bytes_lent(), 0u);
  }
  uint64_t closed(SessionEnd end) const {
    return listener->statistics().closed[static_cast<size_t>(end)].value();
  }
  bool open_sessions(uint32_t count) {
    return turn_until([&] { return listener->sessions_open() == count; });
  }

  EchoHandler handler;
  TcpListener::Options options;
  SessionLimits::Options limits_options;
  io::TcpStream::Options stream_options;
  PlainStreamFactory streams{loop, stream_options};
  std::unique_ptr<SessionLimits> limits;
  std::unique_ptr<TcpListener> listener;
};

}  // namespace dotring::listen::test
