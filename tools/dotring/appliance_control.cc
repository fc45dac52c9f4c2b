// What the appliance does when dotring-ctl asks.

#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "tools/common/version.h"
#include "tools/dotring/appliance.h"
#include "tools/dotring/config/key.h"
#include "tools/dotring/control/reports.h"

namespace dotring::appliance {
namespace {

using control::ArgumentReader;
using control::Json;
using control::refuse;
using control::Reply;

constexpr std::string_view kLevelKey = "log.level";

/// The key's own words for a level, both ways.
std::optional<std::string> set_level(const std::string& text, Log& log) {
  const Key* key = find_key(kLevelKey);
  Configuration parsed;
  const std::vector<std::string> items = {text};
  if (Problem problem = key->set(parsed, key->limits, items)) return problem;
  log.set_level(parsed.log.level);
  return std::nullopt;
}

std::string level_text(const Configuration& configuration) {
  const Key* key = find_key(kLevelKey);
  return key->get(configuration, key->limits).front();
}

}  // namespace

// A default that this machine has no place for is left out; what somebody configured is an error.
std::optional<StartFailure> Appliance::open_control() {
  const std::string path = in_force()->configuration.control.socket;
  if (path.empty()) return std::nullopt;
  const std::optional<std::string> failure = control_.open();
  if (!failure) return std::nullopt;
  if (path == ControlOptions().socket) {
    log_.info("control_socket_left_out", {{"path", path}, {"cause", *failure}});
    return std::nullopt;
  }
  return StartFailure{StartFailure::kCouldNot, {"control.socket", path, "", *failure}};
}

Reply Appliance::control(const control::Request& request, const Peer& peer) {
  struct Verb {
    std::string_view name;
    Reply (Appliance::*run)(ArgumentReader&);
    bool changes;  ///< something: the log tells of it
  };
  static constexpr Verb kVerbs[] = {{"status", &Appliance::control_status, false},
                                    {"upstreams", &Appliance::control_upstreams, false},
                                    {"top", &Appliance::control_top, false},
                                    {"config", &Appliance::control_config, false},
                                    {"flush", &Appliance::control_flush, true},
                                    {"log-level", &Appliance::control_log_level, true},
                                    {"reload", &Appliance::control_reload, true},
                                    {"drain", &Appliance::control_drain, true}};
  for (const Verb& verb : kVerbs) {
    if (verb.name != request.verb) continue;
    ArgumentReader arguments(request.arguments);
    const Reply reply = (this->*verb.run)(arguments);
    if (verb.changes) {
      log_.info("control", {{"verb", verb.name},
                            {"done", reply.error.empty() ? "yes" : "no"},
                            {"user", peer.user},
                            {"process", peer.process}});
    }
    return reply;
  }
  return refuse("there is no such verb in dotring " + std::string(version()));
}

Configuration Appliance::configuration_in_force() const {
  Configuration configuration = in_force()->configuration;
  configuration.log.level = log_.level();
  return configuration;
}

Reply Appliance::control_status(ArgumentReader& arguments) {
  if (auto problem = arguments.problem()) return refuse(*problem);
  const double uptime_s = static_cast<double>(clock_.monotonic_us() - started_us_) * 1e-6;
  const MetricSources sources = this->sources();
  return {"",
          {{"version", version()},
           {"process", getpid()},
           {"uptime_s", uptime_s},
           {"workers", workers_.size()},
           {"log_level", level_text(configuration_in_force())},
           // In the words of /readyz, whatever they are.
           {"health", Json::parse(ready_page(health()).body)},
           {"queries", queries_report(sources, uptime_s)},
           {"cache", cache_report(store_->statistics(), in_force()->configuration.cache.bytes_max)},
           {"memory_bytes", static_cast<uint64_t>(resident_bytes())},
           {"upstreams", upstreams_report(sources.servers)},
           {"redis", redis_report(sources)}}};
}

Reply Appliance::control_upstreams(ArgumentReader& arguments) {
  if (auto problem = arguments.problem()) return refuse(*problem);
  return {"", {{"upstreams", upstreams_report(sources().servers)}}};
}

Reply Appliance::control_top(ArgumentReader& arguments) {
  constexpr uint64_t kCount = 10;
  const std::string what = arguments.text("what");
  const uint64_t count = arguments.number("count", kCount, UINT32_MAX);
  if (auto problem = arguments.problem()) return refuse(*problem);
  if (what == "upstreams") return {"", top_upstreams_report(sources().servers, count)};
  if (what != "names" && what != "clients") return refuse("give names, clients or upstreams");
  const bool names = what == "names";
  const TopOptions options = in_force()->configuration.control.top;
  if (names ? !options.names : !options.clients) {
    return refuse("they are not counted: control.top_" + what + " is off");
  }
  const auto list = top_of_all(names ? TopLists::Kind::Names : TopLists::Kind::Clients, count);
  if (!list) return refuse("a worker does not answer; see status");
  return {"", names ? top_names_report(*list) : top_clients_report(*list)};
}

// A worker that is ending, or stuck, must not take this thread with it.
std::optional<TopList> Appliance::top_of_all(TopLists::Kind kind, size_t count) {
  constexpr std::chrono::seconds kPatience(2);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  std::vector<std::future<TopList>> coming;
  for (const auto& worker : workers_) coming.push_back(worker->top(kind));
  std::vector<TopList> lists;
  for (std::future<TopList>& one : coming) {
    if (one.wait_until(end) != std::future_status::ready) return std::nullopt;
    lists.push_back(one.get());
  }
  return merge(lists, count);
}

Reply Appliance::control_config(ArgumentReader& arguments) {
  if (auto problem = arguments.problem()) return refuse(*problem);
  return {"", {{"keys", config_report(configuration_in_force())}}};
}

Reply Appliance::control_flush(ArgumentReader& arguments) {
  const std::string text = arguments.text("name");
  const bool subtree = arguments.flag("subtree");
  const bool all = arguments.flag("all");
  if (auto problem = arguments.problem()) return refuse(*problem);
  if (text.empty() != all) return refuse("give a name, or all, and not both");
  const std::optional<dns::Name> name = dns::name_from_text(all ? "." : text);
  if (!name) return refuse("'" + text + "' is no name; give one as in www.example.com");
  return {"", {{"removed", forget(*name, subtree || all)}}};
}

Reply Appliance::control_log_level(ArgumentReader& arguments) {
  const std::string before = level_text(configuration_in_force());
  const std::string level = arguments.text("level");
  if (auto problem = arguments.problem()) return refuse(*problem);
  if (auto problem = set_level(level, log_)) return refuse("'" + level + "' is " + *problem);
  return {"", {{"before", before}, {"level", level}}};
}

Reply Appliance::control_reload(ArgumentReader& arguments) {
  if (auto problem = arguments.problem()) return refuse(*problem);
  const ReloadResult result = reload();
  if (result.refusal) return refuse("refused: " + result.refusal->to_line());
  return {"", {{"changed", result.changed}}};
}

// Main waits for signals, and for nothing else: this is how it learns of an end, whoever asks for
// it.
Reply Appliance::control_drain(ArgumentReader& arguments) {
  if (auto problem = arguments.problem()) return refuse(*problem);
  kill(getpid(), SIGTERM);
  return {"", {{"limit_ms", drain_ms()}}};
}

}  // namespace dotring::appliance
