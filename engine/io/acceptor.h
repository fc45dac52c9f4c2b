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
  /// -1 when there is none (any more).
  int descriptor() const { return descriptor_; }
  Endpoint local() const { return local_; }
  void set_handler(AcceptHandler* handler) { handler_ = handler; }

  void start();
  /// No connection is accepted any more. The kernel's backlog stays for others that hold the
  /// socket, and is refused when there are none and the Acceptor is destroyed.
  void stop();
  /// Accepts what is in the kernel's backlog, then closes the socket: who comes later is refused.
  void finish();
  /// True from start() until the ring has let go of the socket; it must not be destroyed before.
  bool active() const { return accepted_.pending(); }

  /// Closes an accepted connection that is not wanted.
  static void refuse(int descriptor);

  /// Accepts that failed (descriptors or memory short).
  const Counter& failures() const { return failures_; }

 private:
  enum class State : uint8_t {
    Idle,
    Accepting,
    Stopped,
    Finishing,   ///< the accept is being cancelled, the backlog is still to be taken
    TakingRest,  ///< the last accept takes the backlog
  };

  void arm();
  void on_accept(int32_t result, uint32_t flags);
  void on_accept_ended(int32_t result);
  void take_rest();
  void close_socket();

  Loop& loop_;
  const Options options_;
  AcceptHandler* handler_ = nullptr;
  int descriptor_ = -1;
  State state_ = State::Idle;
  Endpoint local_;
  Completion accepted_;
  Timer retry_;
  Counter failures_;
};

}  // namespace dotring::io
