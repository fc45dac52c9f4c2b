// One stream to one server: queries out, answers matched by id and question.
//
//   Closed -> Connecting -> Open -> Draining (no new queries) -> Closing (we ended it) -> Closed
//   A stream that the peer ends goes from any state to Closed.
//
// What it is not: a judge. It tells its handler what happened; whether to reconnect, and where a
// lost question is asked again, is decided above. Queries of one turn leave in one TLS record: each
// is written, length first (RFC 7766, 8), into the stream's queue, which the loop flushes at the
// end of the turn.
//
// Invariant: an attempt has connection == this exactly while its id waits in ids_.

#pragma once

#include <string>

#include "engine/base/random.h"
#include "engine/base/turn_time.h"
#include "engine/dns/answer_view.h"
#include "engine/dns/framing.h"
#include "tls/upstream/attempt.h"
#include "tls/upstream/dialer.h"
#include "tls/upstream/id_table.h"
#include "tls/upstream/idle_limit.h"
#include "tls/upstream/options.h"
#include "tls/upstream/statistics.h"

namespace dotring::upstream {

/// Why a stream is of no use any more.
enum class EndCause : uint8_t {
  Local,               ///< drained or aborted by its owner
  ConnectFailed,       ///< never opened: refused, unreachable, too slow
  CertificateRefused,  ///< never opened: the server did not prove who it is
  HandshakeFailed,     ///< never opened: no TLS, or none that both sides speak
  TicketDeclined,      ///< never opened: without a ticket it would
  PeerClosed,          ///< was open, closed in order
  Lost,                ///< was open, broken off
  Garbage,             ///< too much that was no answer to our questions, or half a message
  Silent,              ///< no answers
};

/// TicketDeclined is no failure.
inline bool never_opened(EndCause cause) {
  return cause == EndCause::ConnectFailed || cause == EndCause::CertificateRefused ||
         cause == EndCause::HandshakeFailed;
}

struct Ending {
  EndCause cause;
  const std::string& detail;
  uint64_t answers;  ///< matched ones, since it opened
  uint64_t open_us;  ///< how long it was open; 0 when it never was
  uint64_t idle_us;  ///< without traffic, at the end
  size_t lost_count;
  List<Attempt>& lost;  ///< they were in flight; the handler takes them all
};

class ConnectionHandler {
 public:
  virtual void on_connection_open(Connection& connection) = 0;
  /// The attempt is over. Both are valid during the call; `view.fault` is None, or WithoutQuestion:
  /// an answer that says no more than its rcode.
  virtual void on_answer(Connection& connection, Attempt& attempt, Bytes message,
                         const dns::AnswerView& view) = 0;
  /// The attempt is over: what came with its id had another question, or was malformed.
  virtual void on_mismatch(Connection& connection, Attempt& attempt) = 0;
  /// There is room for queries again.
  virtual void on_room(Connection& connection) = 0;
  /// It was idle for ask_after_ms() of the idle limit. It may be asked, drained or ended now.
  virtual void on_idle(Connection& connection) = 0;
  /// Once per connect(). The connection is Closed, or Closing and on_free() follows.
  virtual void on_ended(Connection& connection, const Ending& ending) = 0;
  /// A connection that was Closing is Closed.
  virtual void on_free(Connection& connection) = 0;

 protected:
  ~ConnectionHandler() = default;
};

class Connection final : private io::StreamHandler {
 public:
  enum class State : uint8_t { Closed, Connecting, Open, Draining, Closing };

  Connection(const ConnectionOptions& options, const TurnTime& time, Random& random, Dialer& dialer,
             IdleLimit& idle_limit, ServerStatistics& statistics, ConnectionHandler& handler);

  /// All but ids_max, which is its table's size.
  void set_options(const ConnectionOptions& options);

  State state() const { return state_; }
  bool open() const { return state_ == State::Open; }
  size_t in_flight() const { return ids_.waiting(); }
  uint64_t started_us() const { return started_us_; }
  uint64_t last_answer_us() const { return last_answer_us_; }
  bool resumed() const { return dialer_.resumed(*stream_); }

  /// Only when Closed.
  void connect();
  /// Whether a query may be written now: open, not about to be closed by the server, fewer than
  /// `window` in flight, an id free, and the server reads.
  bool can_ask(size_t window);
  /// No id is free, and most are of queries that nobody waits for any more.
  bool spent() const {
    return open() && ids_.free() == 0 && ids_.abandoned() >= ids_.capacity() / 2;
  }
  /// As can_ask(), for our own question, which goes on a draining stream too.
  bool can_probe();
  /// Writes the query for `attempt.key`. False: the stream takes no more now, the attempt is as
  /// before.
  bool ask(Attempt& attempt);
  /// Nobody waits for this attempt any more; its id stays reserved for a while.
  void abandon(Attempt& attempt);

  /// No new queries; closes when those in flight are answered or abandoned.
  void drain();
  /// Ends it now. Not when Closed or Closing.
  void end(EndCause cause, const std::string& detail);
  /// The idle limit is another than before.
  void idle_limit_changed();

 private:
  // io::StreamHandler
  void on_open() override;
  void on_bytes(Bytes bytes) override;
  bool on_peer_finished() override;
  void on_writable() override;
  void on_closed(io::CloseReason reason, const std::string& detail) override;

  bool take_message(Bytes message);
  bool take_stray(Counter& counter);
  bool take_late(uint16_t id);
  bool take_answer(Attempt& attempt, Bytes message);
  bool take_no_answer(Attempt& attempt, Counter& counter);
  void take_keepalive(const dns::Edns& edns);
  void watch_half_message();
  void on_half_message();
  bool garbage(const char* detail);

  bool receiving() const { return state_ == State::Open || state_ == State::Draining; }
  uint64_t idle_us() const;
  void count_query();
  void close_when_drained();
  void report_end(EndCause cause, const std::string& detail);
  void on_timer();
  void check_idle();

  ConnectionOptions options_;
  dns::OptFields query_opt_;  ///< of each query
  const TurnTime time_;
  Random& random_;
  Dialer& dialer_;
  IdleLimit& idle_limit_;
  ServerStatistics& statistics_;
  ConnectionHandler& handler_;

  State state_ = State::Closed;
  bool blocked_ = false;  ///< the stream's send queue is full
  std::unique_ptr<io::ByteStream> stream_;
  dns::Framing framing_;
  IdTable<Attempt> ids_;
  Timer timer_;  ///< connect timeout, then idle checks
  Timer half_message_;

  uint64_t started_us_ = 0;
  uint64_t opened_us_ = 0;  ///< 0 until open
  uint64_t last_traffic_us_ = 0;
  uint64_t last_write_us_ = 0;
  uint64_t last_answer_us_ = 0;
  uint64_t answers_ = 0;
  uint64_t told_ms_ = 0;  ///< the idle limit that this stream's server told, 0: none
  uint32_t strays_in_row_ = 0;
  uint32_t no_answers_in_row_ = 0;
};

}  // namespace dotring::upstream
