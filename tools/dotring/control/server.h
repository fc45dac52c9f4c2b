// The control socket's server: one thread, few connections, one request on each.
//
// What it is: bytes of whoever may open the socket to requests, and their replies back. Its thread
// runs what is asked, one at a time. What it is not: in the way of queries, or a judge of who may
// ask: the permissions of the socket's file are.
//
// Invariant: connections <= connections_max, each holds at most control::kRequestMax octets of its
// request and one reply, and ends timeout_s after it began, and as long after its reply, at the
// latest.

#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/io/clock.h"
#include "tools/control/message.h"
#include "tools/dotring/config/configuration.h"
#include "tools/dotring/control/socket_file.h"

namespace dotring::appliance {

/// Who is at the other end (SO_PEERCRED).
struct Peer {
  uid_t user = 0;
  pid_t process = 0;
};

/// Called on the server's thread.
using ControlFunction =
    std::function<control::Reply(const control::Request& request, const Peer& peer)>;

class ControlServer {
 public:
  ControlServer(const ControlOptions& options, ControlFunction answer);
  ~ControlServer() { stop(); }
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Makes the socket; nobody finds it before start(). Not null: what failed, and the remedy.
  std::optional<std::string> open();
  bool is_open() const { return socket_.descriptor() >= 0; }
  /// Gives the socket its name and starts the thread; does nothing without open(). Not null: what
  /// failed.
  std::optional<std::string> start();
  /// A reply that is being made is still given, and those who wait get none.
  void stop();

 private:
  struct Connection {
    int descriptor = -1;
    uint64_t end_ms = 0;
    std::string input;
    std::string output;
    size_t written = 0;  ///< of the output
    bool answered = false;
  };

  void work();
  /// False: it is to end.
  bool turn();
  int wait_ms() const;
  void accept_all();
  void on_ready(Connection& connection);
  void read_request(Connection& connection);
  void answer(Connection& connection);
  void write_reply(Connection& connection);
  void end(Connection& connection);
  void sweep();

  const ControlOptions options_;
  const ControlFunction answer_;
  const io::Clock clock_;
  SocketFile socket_;
  int wake_ = -1;  ///< an eventfd: stop() was called
  uint64_t accept_from_ms_ = 0;
  std::vector<Connection> connections_;
  std::thread thread_;
};

}  // namespace dotring::appliance
