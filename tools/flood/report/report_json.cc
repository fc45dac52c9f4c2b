#include "tools/flood/report/report_json.h"

#include <nlohmann/json.hpp>

#include "tools/common/dns_words.h"
#include "tools/common/version.h"

namespace dotring::flood {
namespace {

using Json = nlohmann::ordered_json;

// The version of the schema that this follows, as dnsperf writes it.
constexpr int kSchemaVersion = 20221207;

// NaN and infinity are no JSON; neither occurs, since shares of nothing are 0.
uint64_t whole(double value) {
  return static_cast<uint64_t>(value + 0.5);
}

Json latency_json(const Times& times, uint64_t ns_per_unit = 1) {
  Json buckets = Json::array();
  times.for_each_bucket([&](uint64_t low, uint64_t high, uint64_t count) {
    buckets.push_back({low * ns_per_unit, high * ns_per_unit, count});
  });
  return {{"avg", whole(times.mean()) * ns_per_unit},
          {"min", times.min() * ns_per_unit},
          {"max", times.max() * ns_per_unit},
          {"stddev", whole(times.deviation()) * ns_per_unit},
          {"buckets", buckets}};
}

Json percentiles_json(const Times& times, uint64_t ns_per_unit = 1) {
  Json json = {{"count", times.count()}, {"avg", whole(times.mean()) * ns_per_unit}};
  for (const auto& [name, share] : {std::pair{"p50", 0.5},
                                    {"p90", 0.9},
                                    {"p95", 0.95},
                                    {"p99", 0.99},
                                    {"p99.9", 0.999},
                                    {"p99.99", 0.9999},
                                    {"max", 1.0}}) {
    json[name] = times.percentile(share) * ns_per_unit;
  }
  return json;
}

Json rcodes_json(const Totals& totals) {
  Json json = Json::object();
  for (uint16_t i = 0; i < kRcodes; ++i) {
    if (totals.rcodes[i] > 0) json[rcode_to_text(i)] = totals.rcodes[i];
  }
  return json;
}

Json datagrams_json(const Totals& totals) {
  const uint64_t received = totals[Count::Answered] + totals[Count::Unexpected] +
                            totals[Count::Duplicate] + totals[Count::Late] +
                            totals[Count::Mismatched];
  return {{"type", "udp"},
          {"packets_sent", totals[Count::Sent] - totals.send_failures},
          {"packets_received", received},
          {"socket_errors", totals.send_failures + totals.refusals},
          {"answers_dropped", totals.answers_dropped}};
}

Json connections_json(const Totals& totals, bool tls) {
  Json json = {{"type", tls ? "tls_conn" : "tcp"},
               {"handshakes", totals.connections_opened},
               {"handshakes_failed", totals.connections_failed},
               {"closed", totals.connections_closed},
               {"closed_by_peer", totals.connections_closed_by_peer},
               {"lost", totals.connections_lost},
               {"latency", {{"handshake", latency_json(totals.connect_ns)}}}};
  if (!tls) return json;
  json["resumption"] = {{"established", totals.handshake_resumed_us.count()},
                        {"fallbacks", totals.tickets_declined}};
  json["tls_handshake_full"] = percentiles_json(totals.handshake_full_us, 1000);
  json["tls_handshake_resumed"] = percentiles_json(totals.handshake_resumed_us, 1000);
  return json;
}

Json stats_json(const Totals& totals, const Settings& settings) {
  const uint64_t discarded =
      totals[Count::Duplicate] + totals[Count::Late] + totals[Count::Mismatched];
  Json json = {{"sent", {{"queries", totals[Count::Sent]}}},
               {"received", {{"responses", totals[Count::Answered]}}},
               {"timeouts", totals[Count::TimedOut]},
               {"interrupted", totals[Count::Interrupted]},
               {"unexpected", totals[Count::Unexpected]},
               {"discarded", {{"responses", discarded}}},
               {"response_rcodes", rcodes_json(totals)},
               {"response_latency", latency_json(totals.from_sent)}};
  const bool udp = settings.transport == clients::Transport::Udp;
  const bool tls = settings.transport == clients::Transport::Tls;
  json["conn_info"] = udp ? datagrams_json(totals) : connections_json(totals, tls);
  json["lost"] = totals.lost();
  for (const auto& [name, count] : {std::pair{"due", Count::Due},
                                    {"held_back", Count::HeldBack},
                                    {"overdue", Count::Overdue},
                                    {"unsent", Count::Unsent},
                                    {"duplicate", Count::Duplicate},
                                    {"late", Count::Late},
                                    {"mismatched", Count::Mismatched},
                                    {"truncated", Count::Truncated},
                                    {"empty", Count::Empty},
                                    {"octets_sent", Count::OctetsSent},
                                    {"octets_received", Count::OctetsReceived},
                                    {"cpu_ns", Count::CpuNs}}) {
    json[name] = totals[count];
  }
  json["latency_from_due"] = percentiles_json(totals.from_due);
  json["latency_from_sent"] = percentiles_json(totals.from_sent);
  json["lateness"] = percentiles_json(totals.lateness);
  return json;
}

Json pacing_json(const Pacing& pacing) {
  const Pacing::Deviation seconds = pacing.deviation(100), windows = pacing.deviation(1);
  return {{"seconds", seconds.windows},
          {"queries_per_s", seconds.rate_per_s},
          {"second_off_worst", seconds.worst},
          {"10ms_off_p99", windows.p99},
          {"10ms_off_worst", windows.worst}};
}

class Lines {
 public:
  Lines(const Outcome& outcome)
      : run_id_("dotring-flood-" + std::to_string(outcome.started_wall_ns)),
        started_ns_(outcome.started_wall_ns) {}

  void add(const char* type, const Json& more) {
    Json json = {{"runid", run_id_}, {"type", type}};
    json.update(more);
    text_ += json.dump() + "\n";
  }
  void add_stats(const char* type, const std::string& server, uint64_t begin_ns, uint64_t end_ns,
                 const Json& stats) {
    Json json = {
        {"subid", server}, {"since", started_ns_ + begin_ns}, {"until", started_ns_ + end_ns}};
    json.update(stats);
    add(type, json);
  }
  std::string take() { return std::move(text_); }

 private:
  const std::string run_id_;
  const uint64_t started_ns_;
  std::string text_;
};

Json header_json(const Settings& settings) {
  return {{"schema_version", kSchemaVersion},
          {"generator", "dotring-flood"},
          {"generator_version", version()},
          {"generator_params", settings.arguments},
          {"time_units_per_sec", 1'000'000'000},
          {"stats_interval", static_cast<double>(settings.period_ns) / 1e9},
          {"timeout", static_cast<double>(settings.timeout_ns) / 1e9}};
}

Json sum_json(const Outcome& outcome, const Outcome::Server& server, const Settings& settings) {
  Json json = stats_json(server.totals, settings);
  json["duration"] = outcome.duration_ns;
  json["queries_per_s"] = per_second(server.totals[Count::Answered], outcome.duration_ns);
  json["generator_limited"] = server.verdict.generator_limited;
  json["remarks"] = server.verdict.remarks;
  if (settings.open_loop()) json["pacing"] = pacing_json(server.pacing);
  return json;
}

}  // namespace

std::string report_json(const Outcome& outcome, const Settings& settings) {
  Lines lines(outcome);
  lines.add("header", header_json(settings));
  for (const Period& period : outcome.periods) {
    for (size_t i = 0; i < period.lanes.size(); ++i) {
      lines.add_stats("stats_periodic", outcome.servers[i].name, period.begin_ns, period.end_ns,
                      stats_json(period.lanes[i], settings));
    }
  }
  for (const Outcome::Server& server : outcome.servers) {
    lines.add_stats("stats_sum", server.name, 0, outcome.duration_ns,
                    sum_json(outcome, server, settings));
  }
  return lines.take();
}

}  // namespace dotring::flood
