// Many questions over few streams to several servers: the Forwarder of one worker.
//
// Each question has one deadline. It is asked on a stream of a chosen server; again elsewhere when
// that stream is lost, when the answer is somebody else's, when the server refuses, or when
// patience ends (then the first stream is still listened to: whichever answers first). While no
// stream has room it waits. When no server works it ends at once, so that stale answers can be
// given. A question that is lost more than once is kept apart from others (inquiry.h).
//
// Everything runs on the thread of `time`'s source. Nothing is allocated per question.

#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/base/slab.h"
#include "tls/upstream/inquiry.h"
#include "tls/upstream/server.h"

namespace dotring::upstream {

class Multiplexer final : public query::Forwarder, private ServerHandler {
 public:
  /// One dialer per server, in the order of `options.servers`.
  Multiplexer(const Options& options, const TurnTime& time, const HashKey& seed,
              std::vector<std::unique_ptr<Dialer>> dialers);
  /// Only when closed().
  ~Multiplexer();

  /// Octets that a multiplexer with these options takes at most, without the streams' own buffers.
  static size_t memory_max(const Options& options);

  /// Opens the first streams.
  void open();
  /// From now on asks by `options`, of which questions_max and connection.ids_max stay as they are.
  /// Servers that are the same keep their streams and what is known of them; those that are new get
  /// a dialer from `dialer_for`; those that are gone are asked nothing more and answer what is in
  /// flight. Not from inside a call of its own. Only when it has_room_for() these options.
  using DialerFor = std::function<std::unique_ptr<Dialer>(const ServerOptions& server)>;
  void reconfigure(const Options& options, const DialerFor& dialer_for);
  /// Servers of before that still close have a place too.
  bool has_room_for(const Options& options) const;
  /// Lets go of servers that are gone. True: none is left.
  bool tidy();

  // query::Forwarder
  bool start(query::Forward& forward) override;
  void cancel(query::Forward& forward) override;

  /// Takes no more questions; streams close when those in flight are done. Poll closed().
  void drain();
  /// Ends every question (ForwardResult::Cancelled) and every stream now. Poll closed().
  void abort();
  /// No stream is left, the multiplexer may be destroyed.
  bool closed() const;

  const Statistics& statistics() const { return statistics_; }
  size_t server_count() const { return options_.servers.size(); }
  std::string server_name(size_t index) const { return options_.servers[index].name(); }
  /// In the order of the options.
  std::shared_ptr<const ServerStatistics> server_statistics(size_t index) const {
    return servers_[index]->statistics();
  }

 private:
  friend struct Inquiry;
  enum class Place : uint8_t { First, Last };
  enum class Outcome : uint8_t { Asked, NoRoom, NoServer };

  // ServerHandler
  void on_answer(Attempt& attempt, Bytes message, const dns::AnswerView& view) override;
  void on_lost(Attempt& attempt, const Loss& loss) override;
  void on_mismatch(Attempt& attempt) override;
  void on_stream() override;
  void on_room() override;
  void on_failing() override;
  bool in_a_hurry() const override;

  // Asking (multiplexer_asking.cc).
  Outcome ask(Inquiry& inquiry, ServerSet excluded);
  Outcome ask_again(Inquiry& inquiry, Counter& reason);
  void ask_apart(Inquiry& inquiry, Counter& reason);
  void ask_or_wait(Inquiry& inquiry);
  bool used_up(const Inquiry& inquiry) const;
  void wait(List<Inquiry>& list, Inquiry& inquiry, Place place);
  void stop_waiting(Inquiry& inquiry);
  void serve_waiting();
  void serve_elsewhere();
  void serve_apart();
  bool all_failing() const;
  bool may_be_back() const;

  // Timers.
  void on_timer(Inquiry& inquiry);
  void on_no_server(Inquiry& inquiry);
  void on_hedge(Inquiry& inquiry);
  void on_patience(Inquiry& inquiry);
  void on_silence(Inquiry& inquiry, size_t together);
  void arm_after_ask(Inquiry& inquiry, Server& server);
  void arm_deadline(Inquiry& inquiry);
  void arm(Inquiry& inquiry, uint64_t due_ms);
  void arm_in_us(Inquiry& inquiry, uint64_t delay_us);

  // Endings.
  void on_refusal(Inquiry& inquiry, size_t server, Bytes message, const dns::AnswerView& view);
  void go_on_without(Inquiry& inquiry, Outcome outcome);
  void give_up(Inquiry& inquiry);
  void finish_with_refusal(Inquiry& inquiry);
  void finish(Inquiry& inquiry, query::ForwardResult result);
  void finish(Inquiry& inquiry, query::ForwardResult result, Bytes message,
              const dns::AnswerView& view);
  void release(Inquiry& inquiry);
  void count(query::ForwardResult result);

  // Other servers (multiplexer_reconfigure.cc).
  using Servers = std::vector<std::unique_ptr<Server>>;
  std::unique_ptr<Server> take_server(const ServerOptions& wanted);
  void rearrange(Servers next, const std::vector<const Server*>& before);

  Options options_;
  const TurnTime time_;
  Random random_;
  Choice choice_;
  Statistics statistics_;
  bool draining_ = false;
  uint64_t last_question_us_ = 0;
  Slab<Inquiry> inquiries_;
  List<Inquiry> waiting_;    ///< for any stream with room
  List<Inquiry> elsewhere_;  ///< for a stream that does not carry them already
  List<Inquiry> apart_;      ///< for a stream apart; each may still be under way on others
  std::vector<Standing> standings_;
  std::vector<std::unique_ptr<Server>> servers_;  ///< those that are gone come last
};

}  // namespace dotring::upstream
