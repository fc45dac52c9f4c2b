// What the listener tests share: a loop under a clock that the test moves, a handler that answers
// when it is told to, and clients on real loopback sockets.

#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "engine/dns/framing.h"
#include "engine/io/loop.h"
#include "engine/io/socket_address.h"
#include "engine/query/ports.h"

namespace dotring::listen::test {

using Message = std::vector<uint8_t>;

/// Stands still unless the test moves it.
class ManualClock final : public io::Clock {
 public:
  uint64_t monotonic_us() const override { return now_us; }
  void advance_ms(uint64_t ms) { now_us += ms * 1000; }
  uint64_t now_us = 1'000'000'000;
};

class LoopTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(loop.open(), std::nullopt); }

  /// Turns the loop until `condition` holds; false when it did not within ten real seconds.
  bool turn_until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.turn(0);
    }
    return true;
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) loop.turn(0);
  }

  ManualClock clock;
  io::Loop loop{io::Loop::Options{}, clock};
};

/// A query of `size` octets: an id, then octets that depend on it.
inline Message make_query(uint16_t id, size_t size = 33) {
  Message query(size, static_cast<uint8_t>(id * 7));
  store_be16(query.data(), id);
  return query;
}

/// Echoes, at once or when told to. `answer_size` 0 echoes the query's own size.
class EchoHandler final : public query::QueryHandler {
 public:
  struct Held {
    query::ReplyPort* port;
    query::ReplyTo to;
    Message message;
  };

  void handle(query::ReplyPort& port, const query::ClientQuery& query) override {
    if (before) before();
    clients.push_back(query.client);
    transport = query.transport;
    held.push_back({&port, query.reply_to, Message(query.message.begin(), query.message.end())});
    if (!hold) answer_last();
  }

  void answer(const Held& one) const {
    const size_t size = answer_size > 0 ? answer_size : one.message.size();
    const MutableBytes room = one.port->reserve_reply(one.to, size);
    if (room.empty()) return one.port->drop_reply(one.to);
    std::memset(room.data(), 0, size);
    std::memcpy(room.data(), one.message.data(), std::min(size, one.message.size()));
    one.port->send_reply(one.to, size);
  }
  void answer_first() {
    const Held one = held.front();
    held.pop_front();
    answer(one);
  }
  void answer_last() {
    const Held one = held.back();
    held.pop_back();
    answer(one);
  }

  bool hold = false;
  size_t answer_size = 0;
  std::function<void()> before;  ///< runs first in handle()
  std::deque<Held> held;
  std::vector<Endpoint> clients;
  query::Transport transport = query::Transport::Udp;
};

/// A non-blocking client socket.
class Socket {
 public:
  Socket(int type, const Endpoint& server, int receive_buffer = 0,
         std::optional<Endpoint> source = std::nullopt) {
    const io::SocketAddress address = io::SocketAddress::of(server);
    descriptor_ = socket(address.any.sa_family, type | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) {
      setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    if (source) {
      const io::SocketAddress from = io::SocketAddress::of(*source);
      EXPECT_EQ(bind(descriptor_, &from.any, from.size), 0);
    }
    connected_ = connect(descriptor_, &address.any, address.size) == 0;
    fcntl(descriptor_, F_SETFL, O_NONBLOCK);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  /// Closes with a reset.
  void reset() {
    const linger now{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  bool connected() const { return connected_; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  bool connected_ = false;
};

class UdpClient : public Socket {
 public:
  explicit UdpClient(const Endpoint& server) : Socket(SOCK_DGRAM, server) {}

  void send(const Message& message) {
    ASSERT_EQ(::send(descriptor(), message.data(), message.size(), 0),
              static_cast<ssize_t>(message.size()));
  }
  /// Takes what has arrived.
  const std::vector<Message>& receive() {
    uint8_t buffer[8192];
    for (;;) {
      const ssize_t size = recv(descriptor(), buffer, sizeof buffer, 0);
      if (size < 0) return received;
      received.emplace_back(buffer, buffer + size);
    }
  }
  std::vector<Message> received;
};

class TcpClient : public Socket {
 public:
  explicit TcpClient(const Endpoint& server, int receive_buffer = 0,
                     std::optional<Endpoint> source = std::nullopt)
      : Socket(SOCK_STREAM, server, receive_buffer, source) {
    // Otherwise an octet waits in the kernel for the acknowledgement of the one before it.
    const int on = 1;
    setsockopt(descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  void queue_bytes(Bytes bytes) { to_send_.insert(to_send_.end(), bytes.begin(), bytes.end()); }
  void queue(const Message& message) {
    uint8_t length[2];
    store_be16(length, static_cast<uint16_t>(message.size()));
    queue_bytes(length);
    queue_bytes(message);
  }
  /// Sends what the kernel takes. True when nothing is left.
  bool pump() {
    const ssize_t sent =
        ::send(descriptor(), to_send_.data() + sent_, to_send_.size() - sent_, MSG_NOSIGNAL);
    if (sent > 0) sent_ += static_cast<size_t>(sent);
    return sent_ == to_send_.size();
  }
  void send(const Message& message) {
    queue(message);
    ASSERT_TRUE(pump());
  }
  void finish_sending() { shutdown(descriptor(), SHUT_WR); }

  /// Takes what has arrived.
  const std::vector<Message>& receive() {
    uint8_t buffer[65536];
    for (;;) {
      const ssize_t size = recv(descriptor(), buffer, sizeof buffer, 0);
      if (size <= 0) {
        ended_ = ended_ || size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        return received;
      }
      framing_.feed({buffer, static_cast<size_t>(size)}, [this](Bytes message) {
        received.emplace_back(message.begin(), message.end());
        return true;
      });
    }
  }
  /// True once the server has ended the connection.
  bool ended() {
    receive();
    return ended_;
  }
  /// Octets of a frame that is not whole yet.
  size_t octets_of_a_frame() const { return framing_.bytes_waiting(); }
  std::vector<Message> received;

 private:
  std::vector<uint8_t> to_send_;
  size_t sent_ = 0;
  bool ended_ = false;
  dns::Framing framing_;
};

inline Endpoint endpoint(std::string_view text) {
  return *Endpoint::parse(text);
}

}  // namespace dotring::listen::test
