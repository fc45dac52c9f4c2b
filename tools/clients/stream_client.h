// A client with a connection of its own, TCP or TLS, on which queries are pipelined (RFC 7766,
// 6.2.1.1).
//
// The connection is made when it is needed: by open(), or by a query; queries wait for it. It ends
// after its share of queries once they are answered, when it is idle for long enough, or when the
// server ends it; then the next query makes a new one.
//
//   Closed -> Waiting (for its turn to connect) -> Connecting -> Open -> Spent (had its share: what
//   comes now waits for the next one) -> Closing -> Closed
//
// Invariant: queued_count_ queries, the newest, wait in queued_; all other waiting ones were
// written to the connection.

#pragma once

#include "engine/base/byte_buffer.h"
#include "engine/dns/framing.h"
#include "engine/io/tcp_stream.h"
#include "tls/tls_stream.h"
#include "tools/clients/client.h"
#include "tools/clients/connect_pacer.h"
#include "tools/clients/options.h"
#include "tools/clients/statistics.h"

namespace dotring::clients {

class StreamClient final : public Client, private io::StreamHandler, private ConnectTurn {
 public:
  /// `pacer` and `statistics` are shared by all clients of the loop and outlive them.
  StreamClient(io::Loop& loop, ConnectPacer& pacer, Statistics& statistics,
               const ClientOptions& options, ClientOwner& owner);

  std::optional<std::string> open() override;
  bool connected() const override { return state_ == State::Open; }
  bool send(Bytes message, const Query& query) override;
  void close() override;
  bool active() const override { return stream_->active(); }

 private:
  enum class State : uint8_t { Closed, Waiting, Connecting, Open, Spent, Closing };

  void after_give_up() override { after_answers(); }
  void begin_connection() override;
  void on_open() override;
  void on_bytes(Bytes bytes) override;
  void on_writable() override { write_queued(); }
  void on_closed(io::CloseReason reason, const std::string& detail) override;

  void connect_soon();
  bool queue(Bytes message, const Query& query);
  void write_queued();
  void count_written();
  void after_answers();
  void finish();
  void on_idle();
  void on_retry();
  void on_ended();
  void on_never_opened(const std::string& why);
  void lose_all();
  void lose_written();
  void count_handshake();

  io::Loop& loop_;
  ConnectPacer& pacer_;
  Statistics& statistics_;
  const ClientOptions options_;
  tls::TicketStore tickets_;
  io::TcpStream tcp_;
  std::optional<tls::TlsStream> tls_;
  io::ByteStream* stream_;  ///< tcp_ or *tls_
  dns::Framing framing_;
  State state_ = State::Closed;
  bool shut_ = false;  ///< close() was called
  bool opened_ = false;
  uint64_t connect_started_ns_ = 0;
  uint64_t written_ = 0;  ///< queries on this connection
  ByteBuffer queued_;     ///< frames
  uint32_t queued_count_ = 0;
  Timer idle_timer_;
  Timer retry_timer_;
};

}  // namespace dotring::clients
