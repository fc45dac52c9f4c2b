#include "tools/responder/report.h"

#include <nlohmann/json.hpp>

#include "tools/responder/query_log.h"

namespace dotring::responder {
namespace {

using Json = nlohmann::ordered_json;
using Workers = std::vector<std::unique_ptr<Worker>>;

/// The sum over all workers of what `get` gives.
template <typename Get>
uint64_t sum(const Workers& workers, Get&& get) {
  uint64_t total = 0;
  for (const auto& worker : workers) total += get(*worker);
  return total;
}

uint64_t answers(const Workers& workers, const Counter AnswererStatistics::*counter) {
  return sum(workers, [&](const Worker& worker) { return (worker.answers().*counter).value(); });
}

Json queries_json(const Workers& workers) {
  Json json = {{"total", 0}};
  uint64_t total = 0;
  for (size_t i = 0; i < query::kTransports - 1; ++i) {
    const uint64_t count =
        sum(workers, [&](const Worker& worker) { return worker.answers().queries[i].value(); });
    json[to_text(static_cast<query::Transport>(i))] = count;
    total += count;
  }
  json["total"] = total;
  return json;
}

Json rcodes_json(const Workers& workers) {
  constexpr const char* kNames[] = {"noerror",  "formerr", "servfail",
                                    "nxdomain", "notimp",  "refused"};
  Json json = Json::object();
  for (size_t i = 0; i < 16; ++i) {
    const uint64_t count =
        sum(workers, [&](const Worker& worker) { return worker.answers().rcodes[i].value(); });
    if (count > 0) json[i < std::size(kNames) ? kNames[i] : std::to_string(i)] = count;
  }
  return json;
}

Json connections_json(const Workers& workers,
                      const std::deque<listen::TcpListener>& (Worker::*listeners)() const) {
  uint64_t accepted = 0, open = 0, refused = 0, queries_per_read_max = 0;
  std::array<uint64_t, listen::kSessionEnds> closed{};
  for (const auto& worker : workers) {
    for (const listen::TcpListener& listener : ((*worker).*listeners)()) {
      const listen::TcpListenerStatistics& counted = listener.statistics();
      accepted += counted.accepted.value();
      open += counted.sessions_open.value();
      refused += counted.refused_full.value() + counted.refused_client.value();
      queries_per_read_max =
          std::max(queries_per_read_max, counted.queries_per_read.percentile(1.0));
      for (size_t i = 0; i < closed.size(); ++i) closed[i] += counted.closed[i].value();
    }
  }
  Json json = {{"accepted", accepted},
               {"open", open},
               {"refused", refused},
               {"queries_per_read_max", queries_per_read_max},
               {"closed", Json::object()}};
  for (size_t i = 0; i < closed.size(); ++i) {
    if (closed[i] > 0) json["closed"][to_text(static_cast<listen::SessionEnd>(i))] = closed[i];
  }
  return json;
}

Json handshakes_json(const Workers& workers) {
  const auto total = [&](const Counter tls::TlsStatistics::*counter) {
    return sum(workers,
               [&](const Worker& worker) { return (worker.handshakes().*counter).value(); });
  };
  return {{"full", total(&tls::TlsStatistics::handshakes_full)},
          {"resumed", total(&tls::TlsStatistics::handshakes_resumed)},
          {"failed", total(&tls::TlsStatistics::handshakes_failed)}};
}

}  // namespace

std::string report_json(const Workers& workers) {
  const Json json = {{"queries", queries_json(workers)},
                     {"rcodes", rcodes_json(workers)},
                     {"not_answered",
                      {{"malformed", answers(workers, &AnswererStatistics::malformed)},
                       {"lost", answers(workers, &AnswererStatistics::lost)},
                       {"dropped", answers(workers, &AnswererStatistics::dropped)}}},
                     {"delayed", answers(workers, &AnswererStatistics::delayed)},
                     {"delayed_full", answers(workers, &AnswererStatistics::delayed_full)},
                     {"truncated", answers(workers, &AnswererStatistics::truncated)},
                     {"faults", answers(workers, &AnswererStatistics::faults)},
                     {"tcp", connections_json(workers, &Worker::tcp)},
                     {"tls", connections_json(workers, &Worker::tls)},
                     {"handshakes", handshakes_json(workers)}};
  return json.dump();
}

}  // namespace dotring::responder
