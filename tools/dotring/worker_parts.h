// The parts of one worker, wired: loop, listeners, pipeline, multiplexer; and how they end.
//
// Everything here runs on the worker's thread, unless it says otherwise. The order of the members
// is the order in which each may be used by the next.

#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cache/memory/memory_store.h"
#include "engine/listen/session_limits.h"
#include "engine/listen/stream_factory.h"
#include "tls/upstream/multiplexer.h"
#include "tools/dotring/control/top_lists.h"
#include "tools/dotring/generations.h"
#include "tools/dotring/in_force.h"
#include "tools/dotring/log/refused_journal.h"
#include "tools/dotring/metrics/sources.h"
#include "tools/dotring/observers.h"
#include "tools/dotring/process/given_sockets.h"
#include "tools/dotring/process/owned_descriptor.h"

namespace dotring::appliance {

/// What all workers share, whatever configuration is in force; it outlives them.
struct SharedParts {
  const io::Clock& clock;
  cache::MemoryStore& store;
  listen::SessionLimits& tcp_limits;
  /// Null: no limit.
  protect::InFlightLimiter* client_limit = nullptr;
  /// Where to listen, with ports.
  std::vector<Listening> listening;
  size_t workers;
  /// Hashes questions: the same for all that use the store.
  HashKey question_key;
  /// Called from any worker's thread.
  std::function<void(const upstream::Event&)> on_upstream_event;
  std::function<void(const query::QuestionFailure&)> on_question_failure;
  /// Somebody may ask for the top lists.
  bool controlled = false;
  Log& log;
};

class WorkerParts {
 public:
  /// `index`: of this worker; the first one keeps the flushes of other appliances.
  WorkerParts(const SharedParts& shared, std::shared_ptr<const InForce> in_force, size_t index,
              const HashKey& seed);
  WorkerParts(const WorkerParts&) = delete;
  WorkerParts& operator=(const WorkerParts&) = delete;

  /// Opens the ring, all addresses and the first upstream streams. Not null: what failed.
  std::optional<std::string> open();
  /// Answers until stop(); then answers what is in flight for the configured time, and closes
  /// everything.
  void run();
  /// Without run(): closes what open() has opened.
  void close();

  /// From any thread: how often it has turned, and a turn soon, for whoever watches that it does.
  uint64_t turns() const { return loop_.statistics().turns.value(); }
  void nudge() { loop_.nudge(); }
  /// From any thread: run() comes to its end.
  void stop() { loop_.stop(); }
  /// The same, but listening sockets and TCP connections go to somebody else.
  void hand_over(listen::ConnectionHeir& heir);
  /// From any thread: at once.
  void abort();

  /// From any thread, between run() and the end: duplicates of the listening sockets.
  std::future<std::vector<OwnedDescriptor>> duplicate_sockets();
  /// The same: goes on with a TCP connection that came to `local`. It is closed where nobody
  /// listens there.
  void inherit(int descriptor, const Endpoint& local, Bytes unread);
  /// Makes ready whatever `next` may fail with here, and changes nothing. Not null: what failed.
  /// apply() follows, or nothing.
  std::optional<ConfigError> prepare(std::shared_ptr<const InForce> next);
  /// `next` is in force from now on.
  void apply(std::shared_ptr<const InForce> next);
  /// From any thread: runs `work` on the worker's thread, soon, unless that ends before.
  void post(std::function<void()> work) { loop_.post(std::move(work)); }

  /// From any thread, between run() and the end: what is asked for most here.
  std::future<TopList> top(TopLists::Kind kind);
  /// From any thread, of the first worker: tells other appliances of what was flushed here.
  void tell_flush();

  /// From any thread, while the parts live.
  void add_to(MetricSources& sources) const;

 private:
  std::optional<std::string> open_listening(const Listening& listening);
  std::optional<std::string> open_udp(const Endpoint& address, std::optional<int> given);
  std::optional<std::string> open_tcp(const Endpoint& address, std::optional<int> given);
  void take_rest();
  void drain();
  void leave();
  const Configuration& configuration() const { return in_force_->configuration; }
  void apply_observers();
  void apply_journal();
  void begin_generation(const InForce* before);
  void apply_guard();
  void apply_upstreams(const InForce& before);
  upstream::Options upstream_options_now() const;
  std::vector<std::unique_ptr<upstream::Dialer>> first_dialers();
  std::unique_ptr<upstream::Dialer> dialer_for(const upstream::ServerOptions& server);
  void tell_sources();
  void add_told_to(MetricSources& sources) const;
  void forget_servers();
  void tidy();
  bool listening() const;
  bool connected() const;
  bool owes_replies() const;
  bool has_sessions() const;
  void go_on_with(int descriptor, const Endpoint& local, Bytes unread);
  template <typename Condition>
  void turn_while(uint64_t limit_ms, Condition condition);

  /// Its dialer belongs to the multiplexer, as long as it asks that server.
  struct DialedServer {
    upstream::ServerOptions server;
    upstream::TlsDialer* dialer;
  };
  /// What other threads may read, however long they do.
  struct ToldServer {
    std::string name;
    std::shared_ptr<const upstream::ServerStatistics> statistics;
    std::shared_ptr<const tls::TlsStatistics> tls;
  };

  const SharedParts& shared_;
  std::shared_ptr<const InForce> in_force_;
  Random random_;
  const size_t index_;
  io::Loop loop_;
  std::map<std::string, std::shared_ptr<tls::TlsStatistics>> tls_statistics_;  ///< by server
  std::vector<DialedServer> dialed_;  ///< those that are asked
  upstream::Multiplexer multiplexer_;
  protect::Guard guard_;
  std::optional<TopLists> top_;
  std::optional<RefusedJournal> refused_journal_;
  Observers observers_;
  Generations generations_;
  listen::PlainStreamFactory streams_;
  std::deque<listen::UdpListener> udp_;
  std::deque<listen::TcpListener> tcp_;
  Timer tidy_;
  mutable std::mutex told_mutex_;  ///< of what follows
  std::vector<ToldServer> told_servers_;
  std::shared_ptr<const RedisParts> told_redis_;
  std::atomic<bool> aborting_{false};
  std::atomic<listen::ConnectionHeir*> heir_{nullptr};
};

}  // namespace dotring::appliance
