// A TCP (or unix socket) connection on the ring: multishot receive, one ordered send in flight.
//
// Implements ByteStream: what one turn commits leaves in one send. Two buffers take turns: one is
// with the kernel, the other collects. Ending takes several steps, because the kernel may still
// hold our memory:
//   Open -> Draining (sends what was committed) -> Lingering (shut down, waits for the peer's end,
//   so that a reset does not destroy what it has not read yet) -> Ending (waits for cancelled
//   operations) -> Idle.
//   Detaching leaves Open for Idle at once, when all was sent and the kernel holds nothing.
//
// Invariant: bytes_queued() <= options.send_queue_max, and the buffer that is with the kernel is
// not touched until its send completed. on_closed() is called with no operation pending.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/base/address.h"
#include "engine/base/byte_buffer.h"
#include "engine/io/byte_stream.h"
#include "engine/io/loop.h"
#include "engine/io/socket_address.h"

namespace dotring::io {

class TcpStream final : public ByteStream, private Flushable {
 public:
  struct Options {
    size_t send_queue_max = 1 << 20;  ///< bytes
    uint64_t connect_timeout_ms = 3000;
    uint64_t send_timeout_ms = 10'000;  ///< a send without progress for this long: SendStalled
    uint64_t linger_timeout_ms = 500;   ///< for the peer's end of the connection after ours
    /// Each of two buffers that is larger is given back when a burst is over.
    size_t idle_buffer_max = 8192;
    /// What the next turn needs again is better kept: the allocator returns memory to the kernel at
    /// once, which costs more than the answers.
    uint64_t burst_over_after_ms = 1000;
    std::optional<IpAddress> source{};  ///< connect() leaves from it; none: the kernel chooses
  };

  TcpStream(Loop& loop, const Options& options);
  /// Only while not active().
  ~TcpStream() override;

  /// Takes over a connected descriptor. Usable at once: on_open() is not called.
  void adopt(int descriptor);
  /// Starts to connect; on_open() or on_closed() follows, never from inside this call.
  void connect(const Endpoint& peer);
  /// The same, to the unix socket at `path`.
  void connect_unix(const std::string& path);

  void set_handler(StreamHandler* handler) override { handler_ = handler; }
  MutableBytes reserve(size_t size) override;
  void commit(size_t size) override;
  size_t bytes_queued() const override { return collecting_.size() + sending_.size(); }
  size_t bytes_held() const override { return collecting_.capacity() + sending_.capacity(); }
  void pause_reading() override;
  void resume_reading() override;
  void close() override;
  void abort() override;
  bool detach() override;
  bool active() const override { return state_ != State::Idle; }

 private:
  enum class State : uint8_t { Idle, Connecting, Open, Draining, Lingering, Ending };

  void flush() override;  // of Flushable
  void connect_to(const SocketAddress& address);
  bool bind_source();
  void begin_open(int descriptor);
  void arm_receive();
  void send_next();
  void after_send();
  void give_buffers_back();
  void drain(CloseReason reason);
  void linger();
  void end(CloseReason reason, std::string detail);
  void finish();
  void detach_when_sent();
  bool operations_pending() const;
  void on_connected(int32_t result, uint32_t flags);
  void on_received(int32_t result, uint32_t flags);
  void on_receive_ended(int32_t result);
  void on_sent(int32_t result, uint32_t flags);
  void on_peer_finished();
  void on_timer();

  Loop& loop_;
  const Options options_;
  StreamHandler* handler_ = nullptr;
  State state_ = State::Idle;
  bool paused_ = false;
  bool peer_finished_ = false;
  bool detaching_ = false;
  bool was_above_low_water_ = false;
  int descriptor_ = -1;
  std::unique_ptr<SocketAddress> peer_;  ///< the kernel reads it while connecting
  ByteBuffer collecting_;
  ByteBuffer sending_;
  Completion connected_;
  Completion received_;
  Completion sent_;
  Timer timer_;
  CloseReason reason_ = CloseReason::Local;
  std::string detail_;
};

}  // namespace dotring::io
