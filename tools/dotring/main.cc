// dotring: the appliance. Exit status: 0 ended as asked, 1 could not start or run, 2 configuration
// refused.

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tools/common/entropy.h"
#include "tools/common/version.h"
#include "tools/dotring/appliance.h"
#include "tools/dotring/config/command_line.h"
#include "tools/dotring/config/credentials.h"
#include "tools/dotring/config/print.h"
#include "tools/dotring/fixed_bounds.h"
#include "tools/dotring/process/activation.h"
#include "tools/dotring/process/notifier.h"
#include "tools/dotring/process/predecessor.h"
#include "tools/dotring/process/privileges.h"
#include "tools/dotring/process/seccomp.h"
#include "tools/dotring/process/takeover_server.h"

#ifdef DOTRING_MIMALLOC
#include <mimalloc.h>
#endif

namespace dotring::appliance {
namespace {

int fail(int status, const ConfigError& error) {
  std::fprintf(stderr, "dotring: %s\n", error.to_line().c_str());
  return status;
}

int print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : 1;
}

// ---------------------------------------------------------------------------------------------------------
// Configuration

std::optional<ConfigError> apply_source(const Settings& source, Configuration& configuration) {
  if (const auto* error = std::get_if<ConfigError>(&source)) return *error;
  return apply_settings(std::get<std::vector<Setting>>(source), configuration);
}

std::optional<ConfigError> read_file(const CommandLine& line, Configuration& configuration) {
  const char* variable = std::getenv("DOTRING_CONFIG");
  const std::string path = !line.config_file.empty() ? line.config_file : variable ? variable : "";
  if (path.empty()) return std::nullopt;
  return apply_source(settings_of_file(path), configuration);
}

std::optional<ConfigError> read_environment(Configuration& configuration) {
  std::vector<std::string_view> variables;
  for (char** variable = environ; variable && *variable; ++variable) variables.push_back(*variable);
  return apply_source(settings_of_environment(variables), configuration);
}

void find_credentials_of_manager(Configuration& configuration) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  find_credentials(configuration, directory ? directory : "");
}

/// File, environment, command line: each replaces what was before.
std::optional<ConfigError> read_configuration(const CommandLine& line,
                                              Configuration& configuration) {
  if (auto error = read_file(line, configuration)) return error;
  if (auto error = read_environment(configuration)) return error;
  if (auto error = apply_settings(line.settings, configuration)) return error;
  find_credentials_of_manager(configuration);
  if (auto found = check(configuration)) {
    return ConfigError{found->key, found->value, "", found->problem};
  }
  return std::nullopt;
}

/// For a reload: from nothing, so that what is no longer written has its default again.
std::variant<Configuration, ConfigError> read_again(const CommandLine& line) {
  Configuration configuration;
  if (auto error = read_configuration(line, configuration)) return *error;
  return configuration;
}

int check_config(const Configuration& configuration) {
  const tls::Library library;
  cache::tiers::FlushLog flushes({});
  Random random({});
  InForce parts(configuration);
  if (auto error = parts.open(random, flushes)) return fail(StartFailure::kRefused, *error);
  return print("dotring: the configuration is fine\n");
}

// ---------------------------------------------------------------------------------------------------------
// Running

/// The status that the service manager shows.
constexpr std::string_view kAnswers = "answers";

/// What the thread that is asked for a takeover wakes main's by.
constexpr int kTakenSignal = SIGUSR2;

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

/// Before any thread is started, so that only those who wait for them get them.
void block_signals() {
  sigset_t signals = end_signals();
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, kTakenSignal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

/// Every client of TCP takes a descriptor; the soft limit of 1,024 is for programs that use
/// select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// The one of `signals` that came within `wait_ms`, or 0.
int next_signal(const sigset_t& signals, uint64_t wait_ms) {
  const timespec wait{static_cast<time_t>(wait_ms / 1000),
                      static_cast<long>(wait_ms % 1000 * 1'000'000)};
  return std::max(sigtimedwait(&signals, nullptr, &wait), 0);
}

/// What the workers are, for the admin pages, the log and the service manager: alive is only told
/// while all of them turn. Gives whether they do; `before`: whether they did the last time.
bool look_after(Appliance& appliance, Notifier& notifier, bool before) {
  const uint64_t watchdog_ms = notifier.watchdog_ms();
  const uint64_t stuck_ms = watchdog_ms > 0
                                ? std::min(watchdog_ms / 2, ProgressWatch::kStuckAfterMs)
                                : ProgressWatch::kStuckAfterMs;
  const auto stuck = appliance.find_stuck(stuck_ms);
  if (stuck) {
    notifier.status("worker " + std::to_string(*stuck) + " does not turn any more");
    return false;
  }
  if (!before) notifier.status(kAnswers);
  notifier.alive();
  return true;
}

/// Until this dotring is asked to end, or another one answers in its place.
void serve_signals(Appliance& appliance, const TakeoverServer& successor, Notifier& notifier) {
  constexpr uint64_t kLookMs = 10'000;
  const uint64_t watchdog_ms = notifier.watchdog_ms();
  const uint64_t look_ms =
      watchdog_ms > 0 ? std::clamp(watchdog_ms / 4, uint64_t{1}, kLookMs) : kLookMs;
  sigset_t signals = end_signals();
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, kTakenSignal);
  for (bool all_turn = true;;) {
    const int number = next_signal(signals, look_ms);
    if (number == SIGTERM || number == SIGINT) return notifier.stopping();
    if (number == kTakenSignal && successor.taken()) {
      return notifier.main_process(successor.successor());
    }
    if (number == SIGHUP) appliance.reload();
    if (number == SIGUSR1) appliance.reopen_logs();
    all_turn = look_after(appliance, notifier, all_turn);
  }
}

/// True: everything was closed in order. False: something of the kernel's does not let go.
bool drain(uint64_t drain_ms, Appliance& appliance) {
  constexpr uint64_t kLookMs = 5;
  constexpr uint64_t kCloseMs = 3000;
  bool aborted = false;
  uint64_t left_ms = drain_ms + kCloseMs;
  for (; !appliance.ended() && left_ms > 0; left_ms -= std::min(left_ms, kLookMs)) {
    if (next_signal(end_signals(), kLookMs) == 0 || aborted) continue;
    aborted = true;
    appliance.abort();
    left_ms = kCloseMs;
  }
  return appliance.ended();
}

/// Returns when everything was closed in order, or not at all.
void end(uint64_t drain_ms, Appliance& appliance) {
  if (drain(drain_ms, appliance)) return;
  std::fputs("dotring: ended without closing everything: the kernel does not let go\n", stderr);
  std::_Exit(1);
}

/// Queries allocate nothing, so nothing is freed for hours in which the allocator would notice that
/// it could give back what a handshake or many clients have left.
void return_memory_at_once() {
#if defined(DOTRING_MIMALLOC) && MI_MALLOC_VERSION >= 210
  mi_option_set(mi_option_purge_delay, 0);
#elif defined(DOTRING_MIMALLOC)
  mi_option_set(mi_option_decommit_delay, 0);  // its name until 2.1
#endif
}

/// CAP_NET_BIND_SERVICE stays where it is of use.
bool has_low_ports(const Configuration& configuration) {
  constexpr uint16_t kFirstFree = 1024;
  const auto is_low = [](const Endpoint& address) {
    return address.port > 0 && address.port < kFirstFree;
  };
  const std::vector<Endpoint>& dns = configuration.listen_dns;
  return std::any_of(dns.begin(), dns.end(), is_low) ||
         (configuration.admin.listen && is_low(*configuration.admin.listen));
}

/// The sockets that systemd has opened for us.
GivenSockets activated_sockets(Log& log) {
  GivenSockets given;
  for (const int descriptor : sockets_of_manager()) {
    if (auto problem = given.add(descriptor)) {
      log.warning("socket_not_used", {{"cause", *problem}});
    }
  }
  return given;
}

/// What can fail although queries are answered already, in such an order that nobody finds us by a
/// name before. Not null: this dotring must not go on; one before it has noticed nothing.
std::optional<ConfigError> settle_in(const ProcessOptions& process, Appliance& appliance,
                                     TakeoverServer& successor) {
  if (process.seccomp) {
    if (auto failure = restrict_system_calls()) {
      return ConfigError{"process.seccomp", "true", "", *failure + "; make it false"};
    }
  }
  if (!process.takeover_socket.empty()) {
    if (auto failure = successor.start()) {
      return ConfigError{"life.takeover_socket", process.takeover_socket, "", *failure};
    }
  }
  if (auto failure = appliance.serve_people()) return failure->error;
  return std::nullopt;
}

/// From here on the one before us only finishes what it has begun.
void take_over(Predecessor& predecessor, Appliance& appliance, Log& log) {
  if (!predecessor.found()) return;
  const bool told = predecessor.tell_taken(
      [&](int descriptor, Bytes unread) { appliance.inherit(descriptor, unread); });
  log.info("took_over", {{"predecessor", told ? "drains" : "gone"}});
}

int run(const CommandLine& line, const Configuration& configuration) {
  block_signals();
  raise_descriptor_limit();
  Notifier notifier = Notifier::of_environment();
  if (auto failure = drop_privileges({configuration.process.user, has_low_ports(configuration)})) {
    return fail(StartFailure::kCouldNot,
                {"process.user", configuration.process.user, "", *failure});
  }
  return_memory_at_once();
  Log log(configuration.log, STDOUT_FILENO);
  const std::string& path = configuration.process.takeover_socket;
  const auto could_not = [&](const std::string& problem) {
    return fail(StartFailure::kCouldNot, {"life.takeover_socket", path, "", problem});
  };
  GivenSockets given = activated_sockets(log);
  Predecessor predecessor;
  if (line.takeover) {
    if (auto failure = predecessor.ask(path, given)) return could_not(*failure);
  }
  const tls::Library library;
  Appliance appliance(configuration, entropy_from_kernel(), log, std::move(given));
  appliance.set_reload_hooks({[&line] { return read_again(line); },
                              [&] { notifier.reloading(io::Clock().monotonic_us()); },
                              [&] { notifier.ready(kAnswers); }});
  TakeoverServer successor(
      log, {[&] { return appliance.duplicate_sockets(); }, [] { kill(getpid(), kTakenSignal); }});
  if (!path.empty()) {
    if (auto failure = successor.open(path)) return could_not(*failure);
  }
  if (auto failure = appliance.start()) return fail(failure->status, failure->error);
  if (auto error = settle_in(configuration.process, appliance, successor)) {
    appliance.abort();
    end(0, appliance);
    return fail(StartFailure::kCouldNot, *error);
  }
  take_over(predecessor, appliance, log);
  if (predecessor.found()) notifier.main_process(getpid());
  notifier.ready(kAnswers);
  serve_signals(appliance, successor, notifier);
  successor.taken() ? appliance.begin_hand_over(successor) : appliance.begin_drain();
  end(appliance.drain_ms(), appliance);
  predecessor.stop();
  log.info("ended");
  return 0;
}

int start(int count, const char* const* texts) {
  const auto parsed = parse_command_line(count, texts);
  if (const auto* error = std::get_if<ConfigError>(&parsed))
    return fail(StartFailure::kRefused, *error);
  const CommandLine& line = std::get<CommandLine>(parsed);
  if (line.action == Action::Help) return print(line.help);
  if (line.action == Action::Version) return print(version_line("dotring") + "\n");
  if (line.action == Action::PrintReference) return print(print_reference(fixed_bounds()));
  Configuration configuration;
  if (auto error = read_configuration(line, configuration))
    return fail(StartFailure::kRefused, *error);
  if (line.action == Action::PrintConfig) return print(print_toml(configuration));
  if (line.action == Action::CheckConfig) return check_config(configuration);
  if (line.takeover && configuration.process.takeover_socket.empty()) {
    return fail(StartFailure::kRefused, {"life.takeover_socket", "", "",
                                         "--takeover needs it; give the path of a unix socket"});
  }
  return run(line, configuration);
}

}  // namespace
}  // namespace dotring::appliance

int main(int count, char** texts) {
  return dotring::appliance::start(count, texts);
}
