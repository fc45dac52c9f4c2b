// A listening TCP socket: one multishot accept gives connections as they come.

#pragma once

#include <optional>
#include <string>

#include "engine/base/address.h"
#include "engine/base/counter.h"
#include "engine/io/loop.h"

namespace dotring::io {

class AcceptHandler {
 public:
  /// The handler owns `descriptor` now: TcpStream::adopt() takes it over, or Acceptor::refuse().
  virtual void on_accepted(int descriptor, const Endpoint& peer) = 0;

 protected:
  ~AcceptHandler() = default;
};

class Acceptor {
 public:
  struct Options {
    int backlog = 1024;
    bool reuse_port = true;
    /// Pause after an accept failed for want of descriptors or memory, so that it does not spin.
    uint64_t retry_ms = 100;
  };

  Acceptor(Loop& loop, const Options& options);
  ~Acceptor();

  /// Binds and listens. Port 0 picks a free one. Not null: what failed, without the address.
  std::optional<std::string> open(const Endpoint& local);
  /// Takes over a bound socket, which others may hold too, in place of open(). Not null: what
  /// failed; the descriptor is closed in the end all the same.
  std::optional<std::string> adopt(int descriptor);
  int descriptor() const { return descriptor_; }
  Endpoint local() const { return local_; }
  void set_handler(AcceptHandler* handler) { handler_ = handler; }

  void start();
  /// No connection is accepted any more. The kernel's backlog is refused when the Acceptor is
  /// destroyed.
  void stop();
  /// True from start() until the ring has let go of the socket; it must not be destroyed before.
  bool active() const { return accepted_.pending(); }

  /// Closes an accepted connection that is not wanted.
  static void refuse(int descriptor);

  /// Accepts that failed (descriptors or memory short).
  const Counter& failures() const { return failures_; }

 private:
  void arm();
  void on_accept(int32_t result, uint32_t flags);

  Loop& loop_;
  const Options options_;
  AcceptHandler* handler_ = nullptr;
  int descriptor_ = -1;
  bool started_ = false;
  Endpoint local_;
  Completion accepted_;
  Timer retry_;
  Counter failures_;
};

}  // namespace dotring::io
