// One thread: a loop, its listeners on every address, and the Answerer that they hand their queries
// to.
//
// Everything but the calls named "from any thread" happens on the thread that run() is called on.

#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/responder/answerer.h"
#include "tools/responder/server_stream.h"

namespace dotring::responder {

/// Where it listens. Port 0 is replaced by the port that the kernel gave.
struct Addresses {
  std::vector<Endpoint> udp;
  std::vector<Endpoint> tcp;
  std::vector<Endpoint> tls;
};

class Worker {
 public:
  struct Options {
    io::Loop::Options loop;
    io::UdpSocket::Options udp;
    listen::TcpListener::Options tcp;
    listen::SessionLimits::Options sessions{.connections_max = 4096, .memory_max = 1 << 30};
    ServerStreamFactory::Options streams;
    Answerer::Options answerer;
    uint64_t drain_ms = 1000;  ///< for what is in flight when it is to end
  };

  /// `context` may be null when there are no TLS addresses.
  Worker(const Options& options, const io::Clock& clock, std::shared_ptr<const Rules> rules,
         const tls::ServerContext* context, const HashKey& seed);
  ~Worker();

  /// Opens the ring and all listeners. Not null: the address that could not be had, and why.
  std::optional<std::string> open(Addresses& addresses);
  /// Answers until stop(), then drains.
  void run();

  /// From any thread.
  void stop() { loop_.stop(); }
  void set_rules(std::shared_ptr<const Rules> rules);

  // What it has counted: from any thread, while the worker lives.
  const AnswererStatistics& answers() const { return answerer_.statistics(); }
  const tls::TlsStatistics& handshakes() const { return tls_streams_.statistics(); }
  const std::deque<listen::UdpListener>& udp() const { return udp_; }
  const std::deque<listen::TcpListener>& tcp() const { return tcp_; }
  const std::deque<listen::TcpListener>& tls() const { return tls_; }

 private:
  std::optional<std::string> open_streams(std::deque<listen::TcpListener>& listeners,
                                          std::vector<Endpoint>& addresses,
                                          query::Transport transport, ServerStreamFactory& streams);
  template <typename Visit>
  void for_each_tcp(Visit&& visit);
  void drain();
  bool busy() const;
  bool active() const;

  const Options options_;
  io::Loop loop_;
  Answerer answerer_;
  listen::SessionLimits sessions_;
  ServerStreamFactory tcp_streams_;
  ServerStreamFactory tls_streams_;
  std::deque<listen::UdpListener> udp_;
  std::deque<listen::TcpListener> tcp_;
  std::deque<listen::TcpListener> tls_;
};

}  // namespace dotring::responder
