// One server: its streams, its health, what is known of its speed.
//
// A stream is kept ready: opened at the start, replaced before the server's idle limit, opened
// again at once when it is lost. More, up to Options::connections, are opened when questions pile
// up. What a failure means is decided by health.h.
//
// Invariant: a question is written only to a stream that is open, whose server has proved who it
// is.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "tls/upstream/choice.h"
#include "tls/upstream/connection.h"
#include "tls/upstream/health.h"
#include "tls/upstream/probe.h"
#include "tls/upstream/round_trip.h"
#include "tls/upstream/window.h"

namespace dotring::upstream {

class Server;

class ServerHandler {
 public:
  /// The attempt is over. Both views are valid during the call.
  virtual void on_answer(Attempt& attempt, Bytes message, const dns::AnswerView& view) = 0;
  /// The attempt is over: its stream is gone. `progress`: the stream had given answers.
  virtual void on_lost(Attempt& attempt, bool progress) = 0;
  /// The attempt is over: the answer had another question.
  virtual void on_mismatch(Attempt& attempt) = 0;
  /// A stream opened.
  virtual void on_stream() = 0;
  /// A stream that was full is not any more.
  virtual void on_room() = 0;
  /// A server became Failing.
  virtual void on_failing() = 0;
  /// No server works, and somebody asks: back-offs are cut short.
  virtual bool in_a_hurry() const = 0;

 protected:
  ~ServerHandler() = default;
};

class Server final : private ConnectionHandler {
 public:
  /// `index` is its place in `options.servers`; `options` outlive it.
  Server(const Options& options, size_t index, const TurnTime& time, const HashKey& seed,
         std::unique_ptr<Dialer> dialer, ServerHandler& handler);

  ServerState state() const { return health_.state(); }
  bool failing() const { return health_.failing(); }
  const ServerStatistics& statistics() const { return statistics_; }

  // Questions (server.cc).

  /// How it stands towards a question with these attempts: a stream that carries it is no choice.
  Standing stand(std::span<const Attempt> attempts);
  /// Writes the query. `connection` is what stand() gave. False: no room after all.
  bool ask(Connection& connection, Attempt& attempt);
  /// The attempt ran out of patience; it stays under way.
  void attempt_timed_out(Attempt& attempt);
  /// Microseconds after which an answer that has not come deserves a second question.
  uint64_t patience_us() const;
  /// The same for a hedge; 0 when not known.
  uint64_t hedge_after_us() const { return round_trip_.percentile_us(); }

  // Streams (server_streams.cc).

  /// Opens the first stream.
  void start();
  /// A question waits: opens a stream unless one is on its way, or the limit is reached.
  void want_stream();
  /// No server works and somebody asks: does not wait longer than Health allows then.
  void hasten();
  /// No new streams; those there close when their queries are answered or abandoned.
  void drain();
  /// Ends all streams now.
  void abort();
  /// No stream is left.
  bool closed() const { return count(Connection::State::Closed) == slots_.size(); }

 private:
  struct Slot {
    explicit Slot(Server& owner);
    void on_probe_timeout();

    Server& server;
    Connection connection;
    Probe probe;
    bool renewing = false;  ///< its replacement is being opened
  };

  // ConnectionHandler
  void on_connection_open(Connection& connection) override;
  void on_answer(Connection& connection, Attempt& attempt, Bytes message,
                 const dns::AnswerView& view) override;
  void on_mismatch(Connection& connection, Attempt& attempt) override;
  void on_room(Connection& connection) override;
  void on_idle(Connection& connection) override;
  void on_ended(Connection& connection, const Ending& ending) override;
  void on_free(Connection& connection) override;

  Slot& slot_of(const Connection& connection);
  size_t count(Connection::State state) const;
  size_t streams() const;

  Connection* pick(std::span<const Attempt> attempts, bool& doubtful);
  bool measure_stale() const;
  void measure_anew();
  void measure(const Attempt& attempt);
  void suspect();
  void probe(Slot& slot);
  void answered();
  bool was_of_use(const Ending& ending) const;
  void judge(const Ending& ending);
  void judge_peer_close(const Ending& ending);
  void learn_idle_limit(uint64_t idle_ms);
  void failed(EndCause cause, const std::string& detail);
  void count_failure(EndCause cause);
  void report(Event::Kind kind, const std::string& detail, uint64_t retry_ms) const;

  void connect();
  Slot* free_slot();
  void end_oldest_connecting();
  void keep_warm();
  bool warm_wanted() const;
  void drain_renewed();
  void end_surplus();
  void retry_in(uint64_t delay_ms);
  void on_retry();

  const Options& options_;
  const size_t index_;
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
  uint64_t last_question_us_;
  uint64_t last_measured_us_ = 0;
  uint64_t next_report_us_ = 0;
  ServerStatistics statistics_;
  const dns::QuestionKey root_ = root_question();
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace dotring::upstream
