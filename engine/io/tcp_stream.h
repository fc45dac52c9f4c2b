// A TCP (or unix socket) connection on the ring: multishot receive, one ordered send in flight.
//
// Implements ByteStream: what one turn commits leaves in one send. Two buffers take turns: one is with the
// kernel, the other collects. Invariant: bytes_queued() <= options.send_queue_max, and a buffer that is with
// the kernel is not touched until its send completed.

#pragma once

#include "engine/base/address.h"
#include "engine/io/byte_stream.h"
#include "engine/io/loop.h"

namespace dotring::io {

class TcpStream final : public ByteStream, private Flushable {
 public:
  struct Options {
    size_t send_queue_max = 1 << 20;         ///< bytes
    uint64_t connect_timeout_ms = 3000;
    uint64_t send_timeout_ms = 10'000;       ///< without any progress of a send: SendStalled
  };

  TcpStream(Loop& loop, const Options& options);
  ~TcpStream() override;

  /// Takes over an accepted descriptor; on_open() follows from inside this call? No: at once usable, no on_open().
  void adopt(int descriptor);
  /// Starts to connect; on_open() or on_closed() follows, never from inside this call.
  void connect(const Endpoint& peer);
  void connect_unix(const std::string& path);

  void set_handler(StreamHandler* handler) override { handler_ = handler; }
  MutableBytes reserve(size_t size) override;
  void commit(size_t size) override;
  size_t bytes_queued() const override;
  void pause_reading() override;
  void resume_reading() override;
  void close() override;
  void abort() override;
  bool active() const override { return state_ != State::Idle; }

 private:
  enum class State : uint8_t { Idle, Connecting, Open, Closing };
  State state_ = State::Idle;
  StreamHandler* handler_ = nullptr;
  // (completed with the implementation)
};

}  // namespace dotring::io
