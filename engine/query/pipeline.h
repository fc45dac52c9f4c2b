// The life of a query, from the message to its reply: one pipeline per worker.
//
//   [let in] -> checked -> found in memory -> replied at once                  (almost always)
//           -> refused by rule, or answered here (local names)
//           -> waits with all who ask the same (resolver.h)
//
// Memory is asked before any rule: what is never forwarded is never in it, so rules cost nothing on
// a hit. Everything is pure: time, timers, store, forwarder and ports come from outside.
//
// Invariant: each query handed in ends with exactly one send_reply() or drop_reply() of its port.

#pragma once

#include "engine/protect/guard.h"
#include "engine/query/local_names.h"
#include "engine/query/resolver.h"

namespace dotring::query {

/// What a client gets when a limit forbids to take its query.
enum class OverLimit : uint8_t { ServFail, Refuse, Drop };

class Pipeline final : public QueryHandler {
 public:
  struct Options {
    ReplySender::Options reply;
    Resolver::Options resolver;
    LocalNames::Options local_names;
    OverLimit over_limit = OverLimit::ServFail;
    /// TTL of the minimal answer to ANY (RFC 8482).
    uint32_t minimal_any_ttl_s = 3600;
  };

  /// All references outlive the pipeline. `hash_key` is a secret, the same for all workers that
  /// share a store. `clock` and `timers` show the same time. Pipelines of one thread may share
  /// `statistics`: the next one counts on where an earlier one ends.
  Pipeline(const Options& options, AnswerStore& store, Forwarder& forwarder, TimerWheel& timers,
           const TurnClock& clock, const HashKey& hash_key, Statistics& statistics);

  void expect(Bytes message) override;
  void handle(ReplyPort& port, const ClientQuery& query) override;

  /// Whom to serve, decided before anything is looked up. Outlives the pipeline; null: everybody.
  void set_guard(protect::Guard* guard) {
    guard_ = guard;
    sender_.set_reply_guard(guard && guard->limits_replies() ? guard : nullptr);
  }
  /// How many queries of one client may wait. Outlives the pipeline; null: any number.
  void set_client_limit(protect::InFlightLimiter* limit) { resolver_.set_client_limit(limit); }
  /// Who is told of each query that ends. Outlives the pipeline; null: nobody.
  void set_observer(QueryObserver* observer) { sender_.set_observer(observer); }
  /// From now on nothing is asked unless somebody waits for it. Queries are still taken: listeners
  /// stop them.
  void drain() { resolver_.drain(); }
  /// Clients that are owed a reply.
  uint32_t in_flight() const { return resolver_.waiting(); }
  /// Nothing is in flight, not even a question that nobody waits for.
  bool idle() const { return resolver_.idle(); }
  const Statistics& statistics() const { return statistics_; }

 private:
  void serve(const Recipient& to);
  void handle_guarded(Recipient& to, uint16_t listener);
  void turn_away(const Recipient& to, const protect::Guard::Judgement& judgement);
  Found find(const Recipient& to, const dns::QuestionKey& key, MutableBytes& room);
  Found find_again(const Recipient& to, const dns::QuestionKey& key, MutableBytes room,
                   bool refresh_due);
  void on_not_accepted(const Recipient& to);
  void on_fresh(const Recipient& to, const dns::QuestionKey& key, MutableBytes room,
                const Found& found);
  void on_stale(const Recipient& to, const dns::QuestionKey& key, MutableBytes room,
                const Found& found);
  void on_failing(const Recipient& to, const Found& found);
  void on_missing(const Recipient& to, const dns::QuestionKey& key);
  void reject(const Recipient& to, AnsweredFrom from, uint16_t rcode);
  void forward(const Recipient& to, const dns::QuestionKey& key);
  void shed(const Recipient& to);
  void send_found(const Recipient& to, AnsweredFrom from, MutableBytes room, const Found& found,
                  std::optional<ExtendedError> error);

  const Options options_;
  AnswerStore& store_;
  const TurnClock& clock_;
  const HashKey hash_key_;
  const LocalNames local_names_;
  Statistics& statistics_;
  ReplySender sender_;
  Resolver resolver_;
  protect::Guard* guard_ = nullptr;
  /// Hashes of the questions expected last, oldest at `oldest_expected_`.
  std::array<uint64_t, 4> expected_{};
  size_t oldest_expected_ = 0;
};

}  // namespace dotring::query
