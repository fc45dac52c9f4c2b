// A client with a UDP socket of its own, connected to the server.

#pragma once

#include "engine/base/byte_buffer.h"
#include "engine/io/loop.h"
#include "tools/clients/client.h"
#include "tools/clients/datagram_batch.h"
#include "tools/clients/options.h"

namespace dotring::clients {

class UdpClient final : public Client, private io::Flushable, private io::Resumable {
 public:
  /// `batch` is shared by all clients of the loop and outlives them.
  UdpClient(io::Loop& loop, DatagramBatch& batch, const ClientOptions& options, ClientOwner& owner);
  ~UdpClient() override;

  std::optional<std::string> open() override;
  bool connected() const override { return descriptor_ >= 0; }
  bool send(Bytes message, const Query& query) override;
  void close() override;
  bool active() const override { return readable_.pending(); }
  uint64_t answers_dropped() const override;

 private:
  void flush() override;
  void resume() override;
  void on_readable(int32_t result, uint32_t flags);
  void receive_rounds();
  void set_options();

  /// Batches received before others get their turn.
  static constexpr int kRoundsPerTurnMax = 4;
  /// Buffers larger than this are given back when a burst is over.
  static constexpr size_t kIdleBufferMax = 4096;

  io::Loop& loop_;
  DatagramBatch& batch_;
  const ClientOptions options_;
  int descriptor_ = -1;
  bool open_ = false;
  io::Completion readable_;
  ByteBuffer queued_;
  std::vector<uint16_t> queued_sizes_;
};

}  // namespace dotring::clients
