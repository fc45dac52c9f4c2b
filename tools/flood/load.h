// One run: clients, when they send, and when it is over.
//
// Closed loop: each client keeps its share of the outstanding queries in flight. Open loop: queries
// are sent when they are due, by the clients in turn; a client without room passes, and when none
// has room the query waits while its latency already counts.

#pragma once

#include <memory>
#include <vector>

#include "engine/io/loop.h"
#include "tools/flood/client.h"
#include "tools/flood/schedule.h"

namespace dotring::flood {

enum class Mode : uint8_t { Udp, Tcp };

class Load final : private ClientOwner, private io::Resumable {
 public:
  struct Options {
    Endpoint server;
    Mode mode = Mode::Udp;
    uint32_t clients = 1;
    uint32_t outstanding_max = 100;  ///< over all clients
    double rate_per_s = 0;           ///< 0: closed loop
    uint64_t duration_ms = 10'000;
    uint64_t count_max = UINT64_MAX;  ///< queries; the run ends at the first of the two
    uint64_t timeout_ms = 5000;       ///< then a query is lost
    bool accept_queries = false;
    /// Never sleeps: for exact pacing where the core is ours.
    bool spin = false;
  };

  Load(io::Loop& loop, const Options& options, QuestionSource& source, Tally& tally);
  ~Load();

  /// Not null: what failed, in one line.
  std::optional<std::string> run();
  /// From the first query to the last answer, or to the last query where that is later.
  uint64_t duration_ns() const { return stopped_ns_ - started_ns_; }

 private:
  void on_room(Client& client) override;
  void on_failure(const std::string& what) override { failure_ = what; }
  void resume() override { send_due(); }

  std::optional<std::string> open_clients();
  void wait_for_connections();
  void start();
  void drive();
  void drain();
  void close_clients();
  bool sending() const;
  uint64_t pause_us() const;
  void send_more(Client& client);
  void fill(Client& client);
  void send_due();
  bool send_next(uint64_t due_ns, uint64_t now_ns);
  void check_timeouts();
  uint64_t waiting() const;

  io::Loop& loop_;
  const Options options_;
  Tally& tally_;
  std::vector<std::unique_ptr<Client>> clients_;
  size_t next_client_ = 0;
  std::optional<Schedule> schedule_;  ///< open loop, once it runs
  bool blocked_ = false;              ///< a query is due and no client has room
  Timer timeout_check_;
  uint64_t started_ns_ = 0;
  uint64_t end_ns_ = 0;
  uint64_t stopped_ns_ = 0;
  std::string failure_;
};

}  // namespace dotring::flood
