// A ByteStream that is TLS over another ByteStream (normally io::TcpStream), as client or as
// server.
//
// Client:   TcpStream tcp(loop, ...);  TlsStream stream(loop, tcp, options, statistics);
//           stream.set_handler(&me);
//           stream.start_client(context, trust, &tickets);   // takes over tcp's handler
//           tcp.connect(endpoint);                           // on_open() or on_closed() follows
// Server:   tcp.adopt(descriptor);  stream.start_server(context);
//
// on_open() comes after the handshake and the verification of the peer, never before; until then
// reserve() gives no room and nothing that the peer sent is handed out. Everything committed in one
// turn is encrypted at the end of the turn into as few records as it fits (16,384 bytes each), in
// front of the lower stream's own flush. The lower stream's queue limit is the limit here; at most
// one record, or one message if that is larger, of plaintext is kept besides.
//
// Invariant: the lower stream is alive and its handler is this object from start_*() until
// on_closed(). on_closed() is only called from the lower stream's on_closed().

#pragma once

#include <optional>
#include <string>

#include "engine/base/byte_buffer.h"
#include "engine/base/timer_wheel.h"
#include "engine/io/byte_stream.h"
#include "engine/io/loop.h"
#include "tls/context.h"
#include "tls/resumption.h"
#include "tls/session.h"
#include "tls/tls_statistics.h"
#include "tls/trust.h"

namespace dotring::tls {

class TlsStream final : public io::ByteStream, private io::StreamHandler, private io::Flushable {
 public:
  struct Options {
    /// From the open lower stream to the end of the handshake; then ConnectTimeout.
    uint64_t handshake_timeout_ms = 3000;
  };

  TlsStream(io::Loop& loop, io::ByteStream& lower, const Options& options,
            TlsStatistics& statistics);
  /// Only while not active().
  ~TlsStream() override;

  /// The next connection of the lower stream is a TLS client's. Call before lower.connect().
  /// `trust` says what the peer must prove; `tickets` (of this server and this trust; may be null)
  /// resumes and keeps sessions. All three outlive the connection. Errors come by on_closed().
  void start_client(const ClientContext& context, const Trust& trust, TicketStore* tickets);
  /// The lower stream is open (adopted): the handshake of a TLS server starts now.
  void start_server(const ServerContext& context);

  // ByteStream. on_closed() tells: SecurityFailed (handshake or certificate), ProtocolFailed (not
  // TLS, or a record that does not authenticate), ConnectTimeout (TCP or handshake), Peer
  // (close_notify or FIN), Local, and what the lower stream says. on_peer_finished() of the handler
  // is asked once, at close_notify or FIN.
  void set_handler(io::StreamHandler* handler) override { handler_ = handler; }
  MutableBytes reserve(size_t size) override;
  void commit(size_t size) override;
  /// Plaintext not yet encrypted and ciphertext not yet with the kernel.
  size_t bytes_queued() const override;
  void pause_reading() override;
  void resume_reading() override;
  /// Encrypts what was committed, adds close_notify and closes the lower stream.
  void close() override;
  void abort() override;
  /// From start_*() until on_closed().
  bool active() const override { return state_ != State::Idle; }

  /// True from on_open() until the stream closes.
  bool open() const { return state_ == State::Open; }
  /// While open(): true when the handshake resumed a session.
  bool resumed() const { return session_ && session_->resumed(); }
  /// While open(): how long the handshake took, from the open lower stream.
  uint64_t handshake_us() const { return handshake_us_; }
  /// While open(): "TLSv1.3 TLS13-CHACHA20-POLY1305-SHA256, resumed", for the log.
  std::string description() const;
  /// From inside on_closed(): what failed in TLS, if it was that.
  std::optional<Session::FailureKind> failure() const { return failure_; }
  /// From inside on_closed(Reset): this says nothing about the server. Connecting again at once
  /// gets a full handshake.
  bool ticket_declined() const { return failure_ == Session::FailureKind::TicketDeclined; }

 private:
  enum class State : uint8_t { Idle, Connecting, Handshaking, Open, Closing };

  // StreamHandler of the lower stream
  void on_open() override;
  void on_bytes(Bytes ciphertext) override;
  bool on_peer_finished() override;
  void on_writable() override;
  void on_closed(io::CloseReason reason, const std::string& detail) override;
  // Flushable
  void flush() override;

  void start();
  void begin_handshake();
  void step_handshake(Bytes& ciphertext);
  void finish_handshake();
  void process(Bytes ciphertext);
  void deliver(Bytes& ciphertext);
  size_t read_record(Bytes& ciphertext, MutableBytes plaintext);
  void process_held();
  void seal(size_t size);
  void finish_peer(const char* detail);
  void close_with(io::CloseReason reason, std::string detail);
  void abort_with(io::CloseReason reason, std::string detail);
  void say_goodbye();
  void fail();
  void end(io::CloseReason reason, std::string detail);
  void on_handshake_timeout();
  template <typename Step>
  bool with_room(size_t room, Step step);
  bool send_kept();
  void commit_ciphertext(size_t size);

  /// Room for what wolfSSL answers by itself while reading (key updates, alerts).
  static constexpr size_t kReplyRoom = 256;
  /// Buffers larger than this are given back when a burst is over: two records.
  static constexpr size_t kIdleBufferMax = 32 << 10;

  io::Loop& loop_;
  io::ByteStream& lower_;
  const Options options_;
  TlsStatistics& statistics_;
  io::StreamHandler* handler_ = nullptr;
  State state_ = State::Idle;
  bool paused_ = false;
  bool lower_finished_ = false;  ///< FIN came while ciphertext was held
  bool peer_finished_ = false;   ///< close_notify or FIN was told to the handler
  bool handshaken_ = false;
  std::optional<Session> session_;
  std::optional<Session::FailureKind> failure_;
  ByteBuffer plaintext_;  ///< committed, not yet encrypted
  ByteBuffer held_;       ///< ciphertext that arrived while reading was paused
  Timer handshake_timer_;
  uint64_t handshake_started_us_ = 0;
  uint64_t handshake_us_ = 0;
  std::optional<io::CloseReason> reason_;  ///< why we close; unset: what the lower stream says
  std::string detail_;
};

}  // namespace dotring::tls
