// One client on a byte stream: framed questions in, any number at a time, framed answers out in any
// order.
//
// It does not know whether it stands on plain TCP or TLS, nor what a query is; it knows when to
// read, how long to wait, and when to end. RFC 7766: pipelining (6.2.1.1), answers out of order
// (7), the idle timer restarts on whole messages only (6.2.3), so a writer that trickles bytes is
// cut like a silent one.
//
// Invariant: while reading is paused or the session is ending, the owner is given no message. At
// most queries_in_flight_max are in flight; what one read carried above that waits in held_. A
// session that is handed over takes no more messages: what has come goes along. What
// the session keeps in memory is at most SessionLimits::kSessionBytes + loan_.

#pragma once

#include <memory>

#include "engine/base/address.h"
#include "engine/base/byte_buffer.h"
#include "engine/dns/framing.h"
#include "engine/io/byte_stream.h"
#include "engine/io/loop.h"
#include "engine/listen/session_limits.h"
#include "engine/listen/statistics.h"

namespace dotring::listen {

class ClientSession;

class SessionOwner {
 public:
  /// One whole message of at least a header's size, valid during the call. Exactly one of
  /// send_reply() and drop_reply() of the session must follow, now or later, unless it is closed
  /// before.
  virtual void on_message(ClientSession& session, Bytes message) = 0;
  /// The last call: the session may be destroyed inside it.
  virtual void on_session_closed(ClientSession& session) = 0;
  /// After hand_over(): the last call in place of that. `descriptor` is the owner's now, `unread`
  /// what came by it and was not answered yet, valid during the call.
  virtual void on_session_handed_over(ClientSession&, int, Bytes) {}

 protected:
  ~SessionOwner() = default;
};

struct SessionOptions {
  uint32_t queries_in_flight_max = 256;  ///< above: the session is not read
  /// Answers that the client has not read; above: it is not read. At least half of the stream's own
  /// limit, else on_writable() does not come and a paused session is only looked at now and then.
  size_t output_pause_bytes = 512 << 10;
  uint64_t idle_timeout_ms = 10'000;     ///< without a whole message, nothing being in flight
  uint64_t lifetime_max_ms = 3'600'000;  ///< 0: no limit
  uint64_t queries_max = 0;              ///< per session; 0: no limit
  uint64_t finish_timeout_ms = 10'000;   ///< for what is in flight when the session is to end
};

class ClientSession final : private io::StreamHandler, private io::Resumable {
 public:
  /// Takes over a connected stream. `options`, `limits`, `owner` and `statistics` outlive the
  /// session.
  ClientSession(io::Loop& loop, const SessionOptions& options, SessionLimits& limits,
                SessionOwner& owner, TcpListenerStatistics& statistics,
                std::unique_ptr<io::ByteStream> stream, const Endpoint& peer);

  const Endpoint& peer() const { return peer_; }
  io::ByteStream& stream() { return *stream_; }
  uint32_t queries_in_flight() const { return in_flight_; }
  /// Whole messages so far.
  uint64_t queries() const { return queries_; }
  /// Why it ended; meaningful in on_session_closed().
  SessionEnd end() const { return end_; }

  /// Room for one answer of up to `size_max` octets; empty when the client takes no more.
  MutableBytes reserve_reply(size_t size_max);
  void send_reply(size_t size);
  void drop_reply();
  /// A message besides the answers to what was asked (servers that answer twice); lost when there
  /// is no room.
  void send_besides(Bytes message);

  /// Reads no more, answers what is in flight, then closes.
  void finish(SessionEnd why);
  /// Reads no more, answers what is in flight, then gives the connection to its owner; what cannot
  /// be given away is finished.
  void hand_over();
  /// Takes `bytes` before what comes by the stream. Only for a session that has read nothing yet.
  void begin_with(Bytes bytes);
  /// Ends at once, whatever is in flight or queued.
  void abort(SessionEnd why);
  /// Another idle timeout for this session, from now on.
  void set_idle_timeout(uint64_t timeout_ms);

 private:
  enum class State : uint8_t { Open, Leaving, Finishing, Closing };

  void on_bytes(Bytes bytes) override;
  bool on_peer_finished() override;
  void on_writable() override { wake(); }
  void on_closed(io::CloseReason reason, const std::string& detail) override;
  void on_detached(int descriptor) override;
  void resume() override;
  void on_timer();

  size_t take_messages(Bytes bytes);
  bool take_message(Bytes message);
  bool over_limits() const;
  bool hold(size_t output);
  void repay();
  void pause();
  void wake();
  void reply_ended();
  void close_when_answered();
  void leave_when_answered();
  bool nothing_unread() const;
  uint64_t due_ms() const;

  io::Loop& loop_;
  const SessionOptions& options_;
  SessionLimits& limits_;
  SessionOwner& owner_;
  TcpListenerStatistics& statistics_;
  std::unique_ptr<io::ByteStream> stream_;
  Endpoint peer_;
  State state_ = State::Open;
  SessionEnd end_ = SessionEnd::Client;
  bool paused_ = false;
  bool peer_finished_ = false;
  uint32_t in_flight_ = 0;
  uint64_t queries_ = 0;
  uint64_t idle_timeout_ms_;
  uint64_t opened_ms_;
  uint64_t active_ms_;        ///< the last whole message or the last answer
  uint8_t* reply_ = nullptr;  ///< the room that reserve_reply() gave, length field included
  dns::Framing framing_;
  ByteBuffer held_;  ///< read but not yet taken, because of the limits
  size_t loan_ = 0;  ///< borrowed from limits_
  Timer timer_;
};

}  // namespace dotring::listen
