#include "tools/dotring/appliance.h"

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "engine/io/socket_address.h"
#include "tools/dotring/config/addresses.h"
#include "tools/dotring/log/question_journal.h"

namespace dotring::appliance {
namespace {

/// For a worker to tell its sockets: some turns.
constexpr std::chrono::seconds kAnswerTime{5};

/// Cores that the process may use (taskset, cgroups' cpusets).
size_t cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<size_t>(std::max(CPU_COUNT(&set), 1));
}

size_t worker_count(const Configuration& configuration) {
  return configuration.workers > 0 ? configuration.workers : cores();
}

StartFailure could_not(const std::string& key, const std::string& value,
                       const std::string& problem) {
  return {StartFailure::kCouldNot, {key, value, "", problem}};
}

}  // namespace

Appliance::Appliance(const Configuration& configuration, const HashKey& seed, Log& log,
                     GivenSockets given)
    : in_force_(std::make_shared<InForce>(configuration)),
      log_(log),
      given_(std::move(given)),
      random_(seed),
      started_us_(clock_.monotonic_us()),
      tcp_limits_(configuration.tcp_limits, random_.fork()),
      journal_(log),
      redis_journal_(log),
      admin_(
          configuration.admin, [this](std::string_view path) { return page(path); },
          [this](std::string_view path, const Arguments& arguments) {
            return action(path, arguments);
          }),
      control_(configuration.control, [this](const control::Request& request, const Peer& peer) {
        return control(request, peer);
      }) {}

Appliance::~Appliance() {
  control_.stop();
  admin_.stop();
  workers_.clear();
  // What they have left.
  if (const auto audit = in_force()->audit) audit->close();
}

std::optional<StartFailure> Appliance::start() {
  if (auto failure = open_in_force()) return failure;
  const Configuration& configuration = in_force()->configuration;
  if (configuration.protect.in_flight.client_in_flight_max > 0) {
    client_limit_.emplace(configuration.protect.in_flight, configuration.protect.rate.clients,
                          random_.fork());
  }
  std::vector<Endpoint> addresses = configuration.listen_dns;
  if (auto failure = settle(addresses)) return failure;
  if (auto failure = open_admin()) return failure;
  if (auto failure = open_control()) return failure;
  if (auto failure = open_store()) return failure;
  if (auto failure = open_audit()) return failure;
  shared_.emplace(SharedParts{clock_, *store_, tcp_limits_,
                              client_limit_ ? &*client_limit_ : nullptr, take_given(addresses),
                              worker_count(configuration), random_.fork(),
                              [this](const upstream::Event& event) {
                                journal_.on_event(event, clock_.monotonic_us() / 1000);
                              },
                              question_failure_listener(log_), control_.is_open(), log_});
  for (const std::string& name : given_.close_rest()) {
    log_.warning("socket_not_used", {{"socket", name}});
  }
  if (auto failure = open_workers()) return failure;
  close_given(shared_->listening);
  watch_.emplace(workers_.size());
  tell_memory(configuration);
  for (const auto& worker : workers_) worker->run();
  return std::nullopt;
}

std::optional<StartFailure> Appliance::serve_people() {
  // In this order: who finds it ready can direct it too.
  if (auto failure = control_.start()) {
    log_.warning("control_socket_failed", {{"cause", *failure}});
  }
  if (auto failure = admin_.start()) return could_not("admin.listen", "", *failure);
  tell_ready();
  return std::nullopt;
}

std::optional<StartFailure> Appliance::open_in_force() {
  auto parts = std::make_shared<InForce>(in_force()->configuration);
  if (auto error = parts->open(random_, flushes_)) {
    return StartFailure{StartFailure::kRefused, *error};
  }
  listen_to_redis(*parts);
  tell_protection(*parts);
  in_force_ = std::move(parts);
  return std::nullopt;
}

void Appliance::listen_to_redis(InForce& parts) {
  if (!parts.redis) return;
  parts.redis->tell([this](const cache::redis::Event& event) { redis_journal_.on_event(event); });
}

void Appliance::tell_exposed(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    log_.warning("secret_readable_by_others", {{"file", file}});
  }
}

void Appliance::tell_protection(const InForce& parts) {
  tell_exposed(parts.exposed_files());
  if (parts.protect->open_to_everybody()) {
    log_.warning("open_to_everybody", {{"remedy", "set access.allow, or rate.udp"}});
  }
}

// The default addresses are of both families. A machine without one of them should start all the
// same; an address that somebody wrote is another matter.
std::optional<StartFailure> Appliance::settle(std::vector<Endpoint>& addresses) {
  const bool by_default = addresses == Configuration().listen_dns;
  for (;;) {
    auto result = settle_addresses(
        addresses, [this](const Endpoint& address, int type) { return given_.has(address, type); });
    if (auto* settled = std::get_if<std::vector<Endpoint>>(&result)) {
      addresses = std::move(*settled);
      return std::nullopt;
    }
    const AddressFailure failure = std::get<AddressFailure>(result);
    if (!by_default || !is_missing(failure) || addresses.size() == 1) {
      return could_not("listen.dns", failure.address.to_text(), failure.problem);
    }
    std::erase(addresses, failure.address);
    log_.warning("address_left_out",
                 {{"address", failure.address.to_text()}, {"cause", failure.problem}});
  }
}

std::vector<Listening> Appliance::take_given(const std::vector<Endpoint>& addresses) {
  std::vector<Listening> listening;
  for (const Endpoint& address : addresses) {
    listening.push_back(
        {address, given_.take(address, SOCK_DGRAM), given_.take(address, SOCK_STREAM)});
  }
  return listening;
}

std::optional<StartFailure> Appliance::open_admin() {
  const std::optional<Endpoint>& address = in_force()->configuration.admin.listen;
  if (!address) return std::nullopt;
  const std::vector<int> given = given_.take(*address, SOCK_STREAM);
  const auto failure = given.empty() ? admin_.open() : admin_.adopt(given.front());
  if (!failure) return std::nullopt;
  return could_not("admin.listen", address->to_text(), *failure);
}

std::optional<StartFailure> Appliance::open_store() {
  const cache::MemoryOptions& options = in_force()->configuration.cache;
  store_ = cache::MemoryStore::create(options);
  if (store_) return std::nullopt;
  return could_not("cache.memory", print_number(options.bytes_max, {.bytes = true}),
                   "the kernel does not give so much address space; make it smaller, or raise the "
                   "limit (ulimit -v)");
}

std::optional<StartFailure> Appliance::open_audit() {
  const Configuration& configuration = in_force()->configuration;
  Audit& audit = *in_force()->audit;
  if (auto error = audit.prepare(worker_count(configuration), random_, log_)) {
    return StartFailure{StartFailure::kCouldNot, *error};
  }
  audit.start(clock_);
  return std::nullopt;
}

std::optional<StartFailure> Appliance::open_workers() {
  const size_t count = shared_->workers;
  for (size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(*shared_, in_force(), i, random_.fork()));
  }
  std::optional<std::string> first;
  for (const auto& worker : workers_) {
    const std::optional<std::string> failure = worker->wait_until_open();
    if (!first) first = failure;
  }
  if (!first) return std::nullopt;
  return could_not("engine.workers", std::to_string(count), *first);
}

void Appliance::begin_drain() {
  const std::lock_guard guard(reload_mutex_);
  draining_ = true;
  log_.info("draining", {{"limit_ms", in_force()->configuration.drain_ms}});
  for (const auto& worker : workers_) worker->stop();
}

std::optional<size_t> Appliance::find_stuck(uint64_t after_ms) {
  std::vector<uint64_t> turns;
  for (const auto& worker : workers_) turns.push_back(worker->turns());
  const auto stuck = watch_->stuck(turns, clock_.monotonic_us() / 1000, after_ms);
  const bool turn_in_time = after_ms >= ProgressWatch::kStuckAfterMs;  // by themselves
  if (!turn_in_time) {
    for (const auto& worker : workers_) worker->nudge();
  }
  const size_t before = stuck_.exchange(stuck.value_or(kNobody), std::memory_order_relaxed);
  if (stuck && before != *stuck) {
    log_.error("worker_stuck", {{"worker", *stuck}, {"silent_ms", after_ms}});
  } else if (!stuck && before != kNobody) {
    log_.info("workers_turn_again");
  }
  return stuck;
}

void Appliance::begin_hand_over(listen::ConnectionHeir& heir) {
  const std::lock_guard guard(reload_mutex_);
  draining_ = true;
  admin_.leave();
  log_.info("handing_over", {{"limit_ms", in_force()->configuration.drain_ms}});
  for (const auto& worker : workers_) worker->hand_over(heir);
}

std::vector<OwnedDescriptor> Appliance::duplicate_sockets() {
  std::vector<std::future<std::vector<OwnedDescriptor>>> asked;
  for (const auto& worker : workers_) asked.push_back(worker->duplicate_sockets());
  std::vector<OwnedDescriptor> sockets;
  for (auto& one : asked) {
    // A worker that does not turn will not answer; the others' sockets alone would be of no use.
    if (one.wait_for(kAnswerTime) != std::future_status::ready) return {};
    for (OwnedDescriptor& socket : one.get()) sockets.push_back(std::move(socket));
  }
  if (admin_.descriptor() >= 0) sockets.emplace_back(dup(admin_.descriptor()));
  return sockets;
}

void Appliance::inherit(int descriptor, Bytes unread) {
  const size_t next = inherited_.fetch_add(1, std::memory_order_relaxed);
  workers_[next % workers_.size()]->inherit(descriptor, io::local_endpoint(descriptor), unread);
}

void Appliance::abort() {
  for (const auto& worker : workers_) worker->abort();
}

bool Appliance::ended() const {
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->ended(); });
}

}  // namespace dotring::appliance
