// dotring as a whole: builds the parts from a configuration, starts them, ends them.
//
// What it is: the owner of what all workers share, of the workers and of the admin pages.
// What it is not: a reader of configuration or a handler of signals (main is).
//
//   start() -> serve_people() -> [reload() ...] -> begin_drain() -> [abort()] -> ended() ->
//   destruction

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cache/memory/memory_store.h"
#include "engine/base/random.h"
#include "engine/io/clock.h"
#include "tools/dotring/admin/health.h"
#include "tools/dotring/admin/server.h"
#include "tools/dotring/config/source.h"
#include "tools/dotring/control/server.h"
#include "tools/dotring/log/upstream_journal.h"
#include "tools/dotring/reload.h"
#include "tools/dotring/worker.h"

namespace dotring::appliance {

/// Why it did not start, and the exit status that says so.
struct StartFailure {
  static constexpr int kRefused = 2;   ///< the configuration is wrong
  static constexpr int kCouldNot = 1;  ///< this machine does not allow it now

  int status;
  ConfigError error;
};

class Appliance {
 public:
  /// `seed`: unpredictable. `log` outlives it; so does a tls::Library. `given`: listened on where
  /// the configuration names their addresses.
  Appliance(const Configuration& configuration, const HashKey& seed, Log& log,
            GivenSockets given = {});
  /// Only after ended(), or when start() failed.
  ~Appliance();

  /// Null: it answers queries.
  std::optional<StartFailure> start();
  /// After start(), and the last that can fail: from now on the admin pages are served, and
  /// dotring-ctl finds this dotring and no other. Null: it does.
  std::optional<StartFailure> serve_people();
  /// Before start(); without it reload() is refused.
  void set_reload_hooks(ReloadHooks hooks) { reload_hooks_ = std::move(hooks); }
  /// Reads the configuration again and brings it into force, all or nothing. From any thread but a
  /// worker's and the admin pages'; waits until every worker has it.
  ReloadResult reload();
  /// What is in flight at the end gets so long.
  uint64_t drain_ms() const { return in_force()->configuration.drain_ms; }
  /// Takes no more queries, finishes those in flight.
  void begin_drain();
  /// The same, where somebody else reads the listening sockets from now on; `heir` gets the TCP
  /// connections.
  void begin_hand_over(listen::ConnectionHeir& heir);
  /// Ends now.
  void abort();
  bool ended() const;

  /// To be asked again and again: the first worker that has not turned for `after_ms`. Idle ones
  /// are made to turn where they would not in that time; what changes is logged, and told by the
  /// admin pages.
  std::optional<size_t> find_stuck(uint64_t after_ms);

  /// Files of logs were moved away: opens them again.
  void reopen_logs() { in_force()->audit->reopen(); }

  /// From any thread, between start() and the end. Duplicates of all listening sockets, or none.
  std::vector<OwnedDescriptor> duplicate_sockets();
  /// The same: goes on with a TCP connection of a dotring before this one.
  void inherit(int descriptor, Bytes unread);

 private:
  std::optional<StartFailure> open_in_force();
  std::optional<StartFailure> settle(std::vector<Endpoint>& addresses);
  std::vector<Listening> take_given(const std::vector<Endpoint>& addresses);
  std::optional<StartFailure> open_admin();
  std::optional<StartFailure> open_store();
  std::optional<StartFailure> open_audit();
  std::optional<StartFailure> open_workers();
  void listen_to_redis(InForce& parts);
  void tell_exposed(const std::vector<std::string>& files);
  void tell_protection(const InForce& parts);

  // Reload (appliance_reload.cc).
  ReloadResult try_reload();
  std::optional<ConfigError> make_ready(std::shared_ptr<const InForce> next);
  std::optional<ConfigError> prepare_audit(const InForce& next, const InForce& before);
  void bring_into_force(std::shared_ptr<const InForce> next);
  bool on_all_workers(std::function<void(WorkerParts& parts, size_t index)> work);
  void tell_reload(const ReloadResult& result);

  std::shared_ptr<const InForce> in_force() const;
  void tell_memory(const Configuration& configuration);
  void tell_ready();
  MetricSources sources() const;
  Page page(std::string_view path);
  Page action(std::string_view path, const Arguments& arguments);
  Page flush(const Arguments& arguments);
  /// Entries that were removed here; other appliances on the same Redis forget too.
  size_t forget(const dns::Name& name, bool subtree);
  Page metrics_page();
  HealthFacts health();

  std::optional<StartFailure> open_control();
  control::Reply control(const control::Request& request, const Peer& peer);
  control::Reply control_status(control::ArgumentReader& arguments);
  control::Reply control_upstreams(control::ArgumentReader& arguments);
  control::Reply control_config(control::ArgumentReader& arguments);
  control::Reply control_flush(control::ArgumentReader& arguments);
  control::Reply control_log_level(control::ArgumentReader& arguments);
  control::Reply control_top(control::ArgumentReader& arguments);
  std::optional<TopList> top_of_all(TopLists::Kind kind, size_t count);
  control::Reply control_reload(control::ArgumentReader& arguments);
  control::Reply control_drain(control::ArgumentReader& arguments);
  Configuration configuration_in_force() const;

  static constexpr size_t kNobody = SIZE_MAX;

  mutable std::mutex in_force_mutex_;  ///< of the next two
  std::shared_ptr<const InForce> in_force_;
  std::optional<std::string> refused_reload_;  ///< over which key the last one was
  Log& log_;
  GivenSockets given_;
  Random random_;
  const io::Clock clock_;
  const uint64_t started_us_;
  std::unique_ptr<cache::MemoryStore> store_;
  cache::tiers::FlushLog flushes_{{}};
  listen::SessionLimits tcp_limits_;
  std::optional<protect::InFlightLimiter> client_limit_;
  UpstreamJournal journal_;
  RedisJournal redis_journal_;
  std::optional<SharedParts> shared_;
  ReloadHooks reload_hooks_;
  std::mutex reload_mutex_;  ///< one reload at a time, none while draining
  std::optional<ProgressWatch> watch_;
  std::atomic<bool> draining_{false};
  std::atomic<size_t> inherited_{0};
  std::atomic<size_t> stuck_{kNobody};  ///< what find_stuck() found
  std::vector<std::unique_ptr<Worker>> workers_;
  // Last: their threads read all of the above.
  AdminServer admin_;
  ControlServer control_;
};

}  // namespace dotring::appliance
