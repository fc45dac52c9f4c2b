#include "tools/dotring/control/reports.h"

#include <algorithm>

#include "tools/dotring/config/key.h"

namespace dotring::appliance {
namespace {

using control::Json;
using upstream::ServerState;
using upstream::ServerStatistics;

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

template <typename Part, size_t kCount>
uint64_t total_of_all(const std::vector<const Part*>& parts,
                      std::array<Counter, kCount> Part::*counters) {
  uint64_t sum = 0;
  for (const Part* part : parts) {
    for (const Counter& counter : part->*counters) sum += counter.value();
  }
  return sum;
}

/// How the worker sees it that can do most with it.
ServerState best_state(const ServerSources& server) {
  constexpr ServerState kFromBest[] = {ServerState::Up, ServerState::Starting,
                                       ServerState::Probing};
  for (const ServerState state : kFromBest) {
    const auto sees = [state](const ServerStatistics* worker) {
      return worker->state.value() == static_cast<uint64_t>(state);
    };
    if (std::any_of(server.statistics.begin(), server.statistics.end(), sees)) return state;
  }
  return ServerState::Failing;
}

struct Named {
  const char* name;
  Counter ServerStatistics::*counter;
};
constexpr Named kServerCounters[] = {
    {"streams", &ServerStatistics::streams_open},
    {"in_flight", &ServerStatistics::in_flight},
    {"queries", &ServerStatistics::queries},
    {"answers", &ServerStatistics::answers},
    {"timeouts", &ServerStatistics::timeouts},
    {"refusals", &ServerStatistics::refusals},
    {"connects", &ServerStatistics::connects},
    {"connects_failed", &ServerStatistics::connects_failed},
    {"certificates_refused", &ServerStatistics::certificates_refused}};

Json server_report(const ServerSources& server) {
  Json report = {{"server", server.name},
                 {"state", kServerStateNames[static_cast<size_t>(best_state(server))]}};
  for (const Named& one : kServerCounters) {
    report[one.name] = total(server.statistics, one.counter);
  }
  const Merged round_trip_us(server.statistics, &ServerStatistics::round_trip_us);
  report["round_trip_now_us"] = static_cast<uint64_t>(
      mean_of_known(server.statistics, &ServerStatistics::round_trip_smoothed_us));
  report["round_trip_p50_us"] = round_trip_us.percentile(0.5);
  report["round_trip_p99_us"] = round_trip_us.percentile(0.99);
  return report;
}

/// `text` makes a key readable.
template <typename Text>
Json top_report(const TopList& list, const char* name, Text text) {
  // Early on little is known; a second is the least that is spoken of.
  const double seconds = std::max(list.seconds, 1.0);
  Json entries = Json::array();
  for (const HeavyHitters::Entry& entry : list.entries) {
    entries.push_back(
        {{name, text(entry.key)},
         {"share", share(entry.count, list.counted)},
         {"per_second", static_cast<double>(entry.count) / seconds},
         {"per_second_min", static_cast<double>(entry.count - entry.excess) / seconds}});
  }
  return {{"per_second", static_cast<double>(list.counted) / seconds},
          {"seconds", list.seconds},
          {"entries", std::move(entries)}};
}

}  // namespace

Json queries_report(const MetricSources& sources, double uptime_s) {
  const auto& all = sources.queries;
  const uint64_t queries = total_of_all(all, &query::Statistics::queries);
  const auto count = [&](Counter query::Statistics::*counter) { return total(all, counter); };
  const uint64_t from_cache =
      count(&query::Statistics::hits) + count(&query::Statistics::stale_at_once);
  return {{"total", queries},
          {"mean_per_second", static_cast<double>(queries) / uptime_s},
          {"hit_rate", share(from_cache, queries)},
          {"waiting", count(&query::Statistics::waiting)},
          {"failed", count(&query::Statistics::failed) + count(&query::Statistics::failing)},
          {"rejected", count(&query::Statistics::rejected)},
          {"shed", count(&query::Statistics::shed)},
          {"dropped", total_of_all(all, &query::Statistics::dropped)}};
}

Json cache_report(const cache::Statistics& statistics, size_t bytes_max) {
  return {{"entries", statistics.entries},
          {"bytes", statistics.bytes_used},
          {"bytes_max", bytes_max},
          {"evictions", statistics.evictions}};
}

Json redis_report(const MetricSources& sources) {
  using cache::redis::Cause;
  using cache::redis::Statistics;
  if (sources.redis.empty()) return nullptr;
  const auto asks = [](const Statistics* worker) { return worker->servers_readable.value() > 0; };
  const bool asked = std::any_of(sources.redis.begin(), sources.redis.end(), asks);
  const auto cause = static_cast<Cause>(sources.redis.front()->read_cause.value());
  const uint64_t hits = total(sources.redis, &Statistics::hits);
  const Merged round_trip_us(sources.redis, &Statistics::round_trip_us);
  return {{"asked", asked},
          {"cause", asked ? "" : to_text(cause)},
          {"lookups", total(sources.redis, &Statistics::gets)},
          {"hit_rate", share(hits, hits + total(sources.redis, &Statistics::misses))},
          {"round_trip_p50_us", round_trip_us.percentile(0.5)}};
}

Json upstreams_report(const std::vector<ServerSources>& servers) {
  Json report = Json::array();
  for (const ServerSources& server : servers) report.push_back(server_report(server));
  return report;
}

Json top_names_report(const TopList& list) {
  return top_report(list, "name", [](const std::string& key) {
    return dns::name_to_text({reinterpret_cast<const uint8_t*>(key.data()), key.size()});
  });
}

Json top_clients_report(const TopList& list) {
  return top_report(list, "client", client_text);
}

Json top_upstreams_report(const std::vector<ServerSources>& servers, size_t count) {
  uint64_t sum = 0;
  std::vector<std::pair<uint64_t, std::string>> ranking;
  for (const ServerSources& server : servers) {
    ranking.emplace_back(total(server.statistics, &ServerStatistics::queries), server.name);
    sum += ranking.back().first;
  }
  std::stable_sort(ranking.begin(), ranking.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (ranking.size() > count) ranking.resize(count);
  Json entries = Json::array();
  for (const auto& [queries, name] : ranking) {
    entries.push_back({{"upstream", name}, {"share", share(queries, sum)}, {"queries", queries}});
  }
  return {{"entries", std::move(entries)}};
}

Json config_report(const Configuration& configuration) {
  const Configuration defaults;
  Json report = Json::array();
  for (const Key& key : keys()) {
    const std::vector<std::string> items = key.get(configuration, key.limits);
    report.push_back({{"key", key.name},
                      {"value", join_items(items)},
                      {"default", items == key.get(defaults, key.limits)}});
  }
  return report;
}

}  // namespace dotring::appliance
