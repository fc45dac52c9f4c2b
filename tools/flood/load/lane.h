// One server's part of one thread: clients, their questions, and when they ask.
//
// Closed loop: each client keeps its share of the outstanding queries in flight. Open loop: queries
// are sent when they are due, by the clients in turn; a client without room passes, and when none
// has room the query waits while its latency already counts.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/clients/crowd.h"
#include "tools/clients/source_network.h"
#include "tools/flood/load/pacing.h"
#include "tools/flood/load/schedule.h"
#include "tools/flood/load/tally.h"
#include "tools/flood/questions/cookies.h"
#include "tools/flood/questions/question_source.h"

namespace dotring::flood {

class Lane final : private clients::ClientOwner {
 public:
  struct Options {
    clients::ClientOptions client;  ///< outstanding_max, source and id_salt are set here
    uint32_t clients = 1;
    uint32_t first_client = 0;       ///< number of the first one, over all threads
    uint32_t outstanding_max = 100;  ///< over all clients, at least one each
    std::optional<clients::SourceNetwork> sources;
    uint16_t source_port = 0;         ///< of the client with number 0; 0: the kernel chooses
    std::vector<Stage> stages;        ///< open loop; empty: closed loop
    Share share;                      ///< of the stages' queries
    uint64_t duration_ns = 0;         ///< closed loop
    uint64_t count_max = UINT64_MAX;  ///< queries; the run ends at the first of the two
    uint64_t timeout_ns = 5'000'000'000;
    /// How much longer than its schedule a lane may take to send what no client had room for.
    uint64_t grace_ns = 1'000'000'000;
    uint64_t lateness_ns_max = 1'000'000;  ///< above, a query that could have been sent is overdue
    bool cookies = false;                  ///< messages have room for one (QueryForm)
    size_t option_octets = 0;              ///< of such a message
    HashKey seed;
  };

  Lane(clients::Crowd& crowd, const Options& options, std::unique_ptr<QuestionSource> questions,
       Tally& tally, Pacing& pacing);

  /// Not null: what failed.
  std::optional<std::string> open();
  /// Every client has its connection, or tried in vain.
  bool settled() const { return settled_ == clients_.size(); }
  /// Not empty: no connection could be had at all.
  std::string failure() const { return opened_ == 0 ? failure_ : ""; }

  void start(uint64_t start_ns);
  /// Nothing more is to be sent.
  bool over(uint64_t now_ns);
  bool is_due(uint64_t now_ns) const;
  uint64_t until_next_ns(uint64_t now_ns) const;
  void send_due();
  void check_timeouts(uint64_t now_ns);
  /// Counts what was due and never sent. Nothing is sent from now on.
  void stop(uint64_t now_ns);
  uint64_t waiting() const { return waiting_; }
  uint64_t last_event_ns() const { return last_event_ns_; }

  /// Queries that wait still are interrupted.
  void close();
  bool active() const;
  uint64_t answers_dropped() const;

 private:
  void on_answer(clients::Client& client, const clients::Query& query, Bytes message,
                 uint64_t now_ns) override;
  void on_lost(clients::Client& client, const clients::Query& query, clients::Loss loss) override;
  void on_stray(clients::Client& client, clients::Verdict verdict, Bytes message) override;
  void on_open(clients::Client& client) override;
  void on_connect_failed(clients::Client& client, const std::string& what) override;

  void make_clients(clients::Crowd& crowd);
  bool sending() const { return started_ && !stopped_ && sent_ < options_.count_max; }
  void send_more(clients::Client& client);
  void fill(clients::Client& client);
  clients::Client* client_with_room();
  bool send(clients::Client& client, uint64_t due_ns, uint64_t now_ns);
  void count_answer(Bytes message);
  void settle(clients::Client& client);

  const Options options_;
  const std::unique_ptr<QuestionSource> questions_;
  std::optional<Cookies> cookies_;
  Tally& tally_;
  Pacing& pacing_;
  std::vector<std::unique_ptr<clients::Client>> clients_;
  std::vector<bool> client_settled_;
  size_t settled_ = 0;
  size_t opened_ = 0;
  size_t next_client_ = 0;
  MutableBytes question_;             ///< taken from questions_, not yet sent
  std::optional<Schedule> schedule_;  ///< open loop, once it runs
  bool blocked_ = false;              ///< a query is due and no client has room
  bool started_ = false;
  bool stopped_ = false;
  bool exhausted_ = false;  ///< no more questions
  uint64_t sent_ = 0;
  uint64_t waiting_ = 0;
  uint64_t end_ns_ = 0;
  uint64_t last_event_ns_ = 0;
  std::string failure_;  ///< of the first connection that could not be had
};

}  // namespace dotring::flood
