// A client with a UDP socket of its own, connected to the server.
//
// One that has few queries in flight receives by the ring, into the loop's receive buffers:
// thousands of such clients cost no system call each (dear where the kernel keeps its memory apart
// from ours). What is longer than such a buffer is cut off: see kReceiveBufferSize. One that has
// many receives by recvmmsg, which then costs less.

#pragma once

#include "engine/base/byte_buffer.h"
#include "engine/io/loop.h"
#include "tools/clients/client.h"
#include "tools/clients/datagram_receiver.h"
#include "tools/clients/datagram_sender.h"
#include "tools/clients/options.h"

namespace dotring::clients {

class UdpClient final : public Client, private io::Flushable, private io::Resumable {
 public:
  /// What all clients of the loop share; it outlives them.
  struct Shared {
    DatagramSender& sender;
    DatagramReceiver& receiver;
    Statistics& statistics;
  };

  UdpClient(io::Loop& loop, const Shared& shared, const ClientOptions& options, ClientOwner& owner);
  ~UdpClient() override;

  std::optional<std::string> open() override;
  bool connected() const override { return descriptor_ >= 0; }
  bool send(Bytes message, const Query& query) override;
  void close() override;
  bool active() const override { return received_.pending(); }
  uint64_t answers_dropped() const override;

 private:
  void flush() override;
  void resume() override;
  bool receives_many() const { return options_.outstanding_max > kFewMax; }
  void arm_receive();
  void on_received(int32_t result, uint32_t flags);
  void on_receive_ended(int32_t result);
  void on_readable(int32_t result, uint32_t flags);
  void receive_rounds();
  void count_notice(int error);
  void set_options();

  /// Queries in flight up to which a client receives by the ring.
  static constexpr uint32_t kFewMax = 64;
  /// Batches received before others get their turn.
  static constexpr int kRoundsPerTurnMax = 4;
  /// Buffers larger than this are given back when a burst is over.
  static constexpr size_t kIdleBufferMax = 4096;

  io::Loop& loop_;
  const Shared shared_;
  const ClientOptions options_;
  int descriptor_ = -1;
  bool open_ = false;
  io::Completion received_;
  ByteBuffer queued_;
  std::vector<uint16_t> queued_sizes_;
};

}  // namespace dotring::clients
