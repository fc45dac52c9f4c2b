// One server: its streams, its health, what is known of its speed.
//
// A stream is kept ready: opened at the start, kept open by our own question before the server's
// idle limit, opened again at once when it is lost. More, up to Options::connections, are opened
// when questions pile up. What the end of a stream means is decided in server_failures.cc and
// health.h.
//
// Invariant: a question is written only to a stream that is open, whose server has proved who it
// is.

#pragma once

#include <memory>
#include <span>

#include "tls/upstream/choice.h"
#include "tls/upstream/health.h"
#include "tls/upstream/round_trip.h"
#include "tls/upstream/server_handler.h"
#include "tls/upstream/slot.h"
#include "tls/upstream/window.h"

namespace dotring::upstream {

class Server final : private ConnectionHandler {
 public:
  /// `server` is the one at `index` of `options.servers`; `options` outlive it, and change only
  /// together with options_changed().
  Server(const Options& options, const ServerOptions& server, size_t index, const TurnTime& time,
         const HashKey& seed, std::unique_ptr<Dialer> dialer, ServerHandler& handler);

  ServerState state() const { return health_.state(); }
  bool failing() const { return health_.failing(); }
  /// Lives on with whoever holds it.
  std::shared_ptr<const ServerStatistics> statistics() const { return statistics_owned_; }
  const ServerOptions& options() const { return server_; }
  /// The options are others now, and this server is at `index` of them, unless it drains.
  void options_changed(size_t index);

  /// How it stands towards a question with these attempts: a stream that carries it is no choice.
  Standing stand(std::span<const Attempt> attempts, uint16_t company);
  /// Writes the query. `connection` is what stand() gave. False: no room after all.
  bool ask(Connection& connection, Attempt& attempt, uint16_t company);
  /// The attempt ran out of patience; it stays under way. Returns how many questions wait on its
  /// stream when that is silent to all of them, else 0.
  size_t attempt_timed_out(Attempt& attempt);
  /// Microseconds after which an answer that has not come deserves a second question.
  uint64_t patience_us() const;
  /// The same for a hedge; 0 when not known.
  uint64_t hedge_after_us() const { return round_trip_.percentile_us(); }

  /// Opens the first stream.
  void start();
  /// A question waits: opens a stream unless one is on its way, or the limit is reached.
  void want_stream();
  /// The same for a question that is kept apart.
  void want_stream_apart();
  /// No more questions are to be kept apart: their streams are closed when answered.
  void end_apart();
  /// No server works and somebody asks: does not wait longer than Health allows then. When nobody
  /// has looked for longer than that, it is tried at once.
  void hasten();
  /// It is being tried after such a time, and may be back for all we know.
  bool may_be_back() const { return may_be_back_; }
  /// No new streams; those there close when their queries are answered or abandoned.
  void drain();
  bool draining() const { return draining_; }
  /// Ends all streams now.
  void abort();
  /// No stream is left.
  bool closed() const;

 private:
  // ConnectionHandler
  void on_connection_open(Connection& connection) override;
  void on_answer(Connection& connection, Attempt& attempt, Bytes message,
                 const dns::AnswerView& view) override;
  void on_mismatch(Connection& connection, Attempt& attempt) override;
  void on_room(Connection& connection) override;
  void on_idle(Connection& connection) override;
  void on_ended(Connection& connection, const Ending& ending) override;
  void on_free(Connection& connection) override;

  // Questions and answers (server.cc).
  Connection* pick(std::span<const Attempt> attempts, bool& doubtful);
  bool measure_stale() const;
  void measure_anew();
  void measure(const Attempt& attempt);
  bool silent(const Connection& connection, const Attempt& attempt) const;
  void probe_all();
  bool probe(Slot& slot);
  void probe_answered(Slot& slot, const Attempt& attempt);
  void answered();

  // What the end of a stream means (server_failures.cc).
  void judge(const Ending& ending, bool excused);
  void judge_peer_close(const Ending& ending, bool excused);
  bool was_of_use(const Ending& ending) const;
  bool answers_elsewhere() const;
  void learn_idle_limit(uint64_t idle_ms);
  void failed(EndCause cause, const std::string& detail, bool excused = false);
  void count_failure(EndCause cause);
  void report(Event::Kind kind, const std::string& detail, uint64_t retry_ms) const;

  // Streams (server_streams.cc).
  void add_slots();
  void add_slot(Slots& slots, Slot::Use use, const ConnectionOptions& options);
  Slot& slot_of(const Connection& connection);
  size_t streams() const;
  void connect();
  void connect(Slot& slot);
  bool replace_spent();
  void keep_warm();
  bool warm_wanted() const;
  bool keep_open(Slot& slot);
  void drain_replaced();
  void end_surplus();
  void retry_in(uint64_t delay_ms);
  void on_retry();
  void end_oldest_connecting();

  // Streams apart (server_apart.cc).
  ConnectionOptions options_apart() const;
  void add_slots_apart();
  Connection* pick_apart(std::span<const Attempt> attempts, uint16_t company);
  void judge_apart(const Ending& ending);

  const Options& options_;
  const ServerOptions server_;
  size_t index_;
  const TurnTime time_;
  Random random_;
  const std::unique_ptr<Dialer> dialer_;
  ServerHandler& handler_;

  Health health_;
  IdleLimit idle_limit_;
  RoundTrip round_trip_;
  Window window_;
  Timer retry_;
  bool draining_ = false;
  bool slot_wanted_ = false;  ///< connect as soon as a slot is free
  bool may_be_back_ = false;
  bool apart_refused_ = false;  ///< the last stream apart did not open
  uint64_t last_question_us_;
  uint64_t last_tried_us_ = 0;
  uint64_t last_measured_us_ = 0;
  uint64_t last_answered_us_ = 0;
  uint64_t next_report_us_ = 0;
  const std::shared_ptr<ServerStatistics> statistics_owned_ = std::make_shared<ServerStatistics>();
  ServerStatistics& statistics_ = *statistics_owned_;
  const dns::QuestionKey root_ = root_question();
  Slots slots_;
  Slots slots_apart_;
};

}  // namespace dotring::upstream
