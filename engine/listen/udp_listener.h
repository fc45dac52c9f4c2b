// Plain DNS over UDP (RFC 1035, 4.2.1): datagrams in, replies out of the address that was asked.
//
// What it is: the ReplyPort of one UDP socket. A reply is written straight to where it is sent
// from; one that comes later (a miss) goes the same way, because ReplyTo holds the whole path. What
// it is not: batching and fairness (io::UdpSocket does those), or any look into the messages.

#pragma once

#include "engine/io/udp_socket.h"
#include "engine/listen/statistics.h"
#include "engine/listen/turn_latency.h"
#include "engine/query/ports.h"

namespace dotring::listen {

class UdpListener final : public query::ReplyPort, private io::UdpHandler {
 public:
  struct Options {
    io::UdpSocket::Options socket;
    uint16_t number = 0;  ///< of this listener, told with each query
  };

  UdpListener(io::Loop& loop, const Options& options, query::QueryHandler& handler);

  /// Binds. Port 0 picks a free one. Not null: what failed, without the address.
  std::optional<std::string> open(const Endpoint& local) { return socket_.open(local); }
  /// Takes over a bound socket; see io::UdpSocket.
  std::optional<std::string> adopt(int descriptor) { return socket_.adopt(descriptor); }
  int descriptor() const { return socket_.descriptor(); }
  Endpoint local() const { return socket_.local(); }
  void start() { socket_.start(); }
  /// Who gets the queries from now on; replies to earlier ones still come from whoever has them.
  void set_handler(query::QueryHandler& handler) { handler_ = &handler; }
  /// Takes the queries that have arrived, and no more. Those in flight can still be answered.
  void drain() {
    socket_.stop();
    socket_.deliver_rest();
  }
  /// Takes no more queries but what the ring has received; those in flight can still be answered,
  /// and others that hold the socket read what has arrived.
  void stop() { socket_.stop(); }
  /// Must not be destroyed while this is true: the ring still holds the socket, and may have a
  /// query.
  bool active() const { return socket_.active(); }
  uint64_t queries_in_flight() const { return in_flight_; }

  MutableBytes reserve_reply(const query::ReplyTo& to, size_t size_max) override;
  void send_reply(const query::ReplyTo& to, size_t size) override;
  void drop_reply(const query::ReplyTo& to) override;

  /// A datagram besides the reply to whoever asked (servers that answer twice).
  void send_besides(const query::ReplyTo& to, Bytes message);

  const UdpListenerStatistics& statistics() const { return statistics_; }
  const io::UdpStatistics& socket_statistics() const { return socket_.statistics(); }
  /// See io::UdpSocket.
  io::UdpDrops drops() const { return socket_.drops(); }

 private:
  void on_datagram_ahead(Bytes bytes) override { handler_->expect(bytes); }
  void on_datagram(Bytes bytes, const io::UdpPath& path) override;

  query::QueryHandler* handler_;
  const uint16_t number_;
  io::UdpSocket socket_;
  uint64_t in_flight_ = 0;
  UdpListenerStatistics statistics_;
  TurnLatency turn_latency_;
};

}  // namespace dotring::listen
