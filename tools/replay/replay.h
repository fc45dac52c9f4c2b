// One replay: queries from the reader, sent when they are due, answers compared.
//
// Recorded and constant pace are an open loop: queries are sent when they are due whatever the
// answers do, and latency counts from then. Their sockets and connections are made ahead, those of
// the first queries before the run starts: a handshake takes about a millisecond of this thread. As
// fast as possible is a closed loop with outstanding_max in flight. Nothing of the network ends a
// run early: what cannot be sent or is not answered is counted.
//
// Invariant: flights in use <= options.outstanding_max; each query taken from the reader is in the
// tally once per server when the run is over.

#pragma once

#include "engine/base/slab.h"
#include "tools/replay/agenda.h"
#include "tools/replay/client_table.h"
#include "tools/replay/judge.h"

namespace dotring::replay {

/// How queries travel.
enum class Travel : uint8_t { AsRecorded, Udp, Tcp, Tls };

class Replay final : private io::Resumable {
 public:
  struct Options {
    Timeline::Options timeline;
    Travel travel = Travel::AsRecorded;
    Lane lanes = 1;  ///< 2: with a second server
    bool compare = true;
    uint32_t outstanding_max = 65'536;
    uint64_t timeout_ms = 5000;  ///< then a query is lost
    /// How long before a query is due its connection is made; not when as fast as possible.
    uint64_t connect_ahead_ms = 2000;
    size_t read_ahead_max = 65'536;    ///< queries, to know whose connections to make
    uint64_t warm_up_ms_max = 10'000;  ///< for the first connections, before the run starts
    bool spin = false;                 ///< never sleeps: for exact pacing where the core is ours
    ClientTable::Options clients;
    Judge::Options judge;
  };

  /// `tick` is called every 50 ms, also for progress: true ends the run early.
  Replay(io::Loop& loop, const Options& options, CaptureReader& reader, const HashKey& seed,
         Tally& tally, std::function<bool()> tick);
  ~Replay();

  void run();
  const ClientTable& clients() const { return table_; }
  const clients::Statistics& network() const { return crowd_.statistics(); }

 private:
  struct Outcome {
    bool settled = false;
    bool answered = false;
    std::vector<uint8_t> message;  ///< kept only while another server's is awaited
  };
  struct Flight {
    Asked asked;
    std::array<Outcome, kLanesMax> outcomes;
  };

  /// Told of the clients that ask one server.
  class Server final : public clients::ClientOwner {
   public:
    Server(Replay& replay, Lane lane) : replay_(replay), lane_(lane) {}

    void on_answer(clients::Client& client, const clients::Query& query, Bytes message,
                   uint64_t now_ns) override;
    void on_lost(clients::Client& client, const clients::Query& query, clients::Loss loss) override;
    void on_stray(clients::Client& client, clients::Verdict verdict, Bytes message) override;
    void on_connect_failed(clients::Client& client, const std::string& what) override;

   private:
    ServerTally& tally() { return replay_.tally_.servers[lane_]; }

    Replay& replay_;
    const Lane lane_;
  };

  void resume() override { send_due(); }

  void warm_up();
  bool connect_one_ahead(uint64_t now_ns);
  bool sending();
  void send_due();
  bool send(Asked& asked, uint64_t due_ns, uint64_t now_ns);
  void settle(uint64_t flight, Lane lane, std::optional<Bytes> message);
  void finish(Flight* flight, std::optional<Bytes> message, Lane lane);
  uint64_t pause_us();
  clients::Transport transport_of(const Asked& asked) const;
  /// When the next query is due, by the clock; null: there is none now.
  Asked* next(uint64_t& due_ns);
  void on_tick();
  void close_clients();

  io::Loop& loop_;
  const Options options_;
  CaptureReader& reader_;
  Tally& tally_;
  const std::function<bool()> on_tick_;
  Judge judge_;
  std::array<Server, kLanesMax> servers_{Server(*this, 0), Server(*this, 1)};
  clients::Crowd crowd_;
  ClientTable table_;
  Slab<Flight> flights_;
  Agenda agenda_;
  const uint64_t ahead_ns_;
  bool blocked_ = false;  ///< a query is due and there is no room
  bool stopped_ = false;
  Timer tick_;
};

}  // namespace dotring::replay
