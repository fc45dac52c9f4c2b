#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/replay/records.h"
#include "tools/replay/report.h"

namespace dotring::replay {
namespace {

using Json = nlohmann::ordered_json;

double microseconds(uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1000;
}

Json times_json(const Histogram& histogram_ns) {
  const uint64_t count = histogram_ns.count();
  const double mean = count ? microseconds(histogram_ns.sum()) / static_cast<double>(count) : 0;
  Json times = {{"count", count}, {"mean", mean}};
  for (const auto& [share, name] :
       {std::pair{0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}, {0.999, "p99.9"}, {1.0, "max"}}) {
    times[name] = microseconds(histogram_ns.percentile(share));
  }
  return times;
}

Json capture_json(const Report& report) {
  const Findings& findings = *report.findings;
  const capture::Account& account = findings.account;
  Json fates = Json::object();
  for (size_t i = 0; i < capture::kFates; ++i) {
    fates[capture::to_key(static_cast<capture::Fate>(i))] = account.fates[i];
  }
  return {{"file", report.capture},
          {"packets", account.packets},
          {"packets_by_fate", fates},
          {"queries", account.queries()},
          {"queries_udp", account.queries_udp},
          {"queries_tcp", account.queries_tcp},
          {"answers_udp", account.answers_udp},
          {"answers_tcp", account.answers_tcp},
          {"answers_matched", findings.pairing.paired},
          {"answers_without_query", findings.pairing.without_query},
          {"time_went_back", account.time_went_back},
          {"clients", report.clients},
          {"duration_us", microseconds(findings.last_ns - findings.first_ns)},
          {"failure", findings.failure}};
}

Json server_json(const ServerTally& server, const std::string& name) {
  Json rcodes = Json::object();
  for (const auto& [rcode, count] : server.rcodes) rcodes[rcode_text(rcode)] = count;
  return {{"server", name},
          {"sent", server.sent},
          {"answered", server.answered},
          {"lost", server.lost()},
          {"timeouts", server.timeouts},
          {"connection_ended", server.connection_ended},
          {"connections_failed", server.connections_failed},
          {"connection_failure", server.connection_failure},
          {"truncated", server.truncated},
          {"duplicates", server.duplicates},
          {"late", server.late},
          {"mismatched", server.mismatched},
          {"unexpected", server.unexpected},
          {"rcodes", rcodes},
          {"latency_from_due_us", times_json(server.latency_from_due_ns)},
          {"latency_from_sent_us", times_json(server.latency_from_sent_ns)}};
}

Json timing_json(const Report& report) {
  const Tally& tally = *report.tally;
  const uint64_t ended_ns = std::max(tally.ended_ns, tally.started_ns);
  return {{"duration_us", microseconds(ended_ns - tally.started_ns)},
          {"lateness_us", times_json(tally.lateness_ns)},
          {"late_1ms", tally.late_1ms},
          {"drift_us", microseconds(tally.last_sent_ns - tally.last_due_ns)},
          {"blocked", tally.blocked},
          {"sockets", report.sockets},
          {"not_sent", tally.not_sent},
          {"socket_failure", report.socket_failure},
          {"shared_sockets", report.shared},
          {"answers_dropped", report.answers_dropped},
          {"interrupted", tally.interrupted}};
}

Json comparison_json(const Report& report) {
  const ComparisonTally& comparison = report.tally->comparison;
  Json matrix = Json::array();
  for (const auto& [pair, count] : comparison.rcodes) {
    matrix.push_back({{"left", rcode_or_none(pair.first)},
                      {"right", rcode_or_none(pair.second)},
                      {"count", count}});
  }
  return {{"left", report.versus.empty() ? "recorded" : report.versus},
          {"right", report.server},
          {"same", comparison.same},
          {"different", comparison.different},
          {"none_both", comparison.none_both},
          {"none_left", comparison.none_left},
          {"none_right", comparison.none_right},
          {"malformed", comparison.malformed},
          {"rcode", comparison.rcode},
          {"flags", comparison.flags},
          {"answer", comparison.answer},
          {"authority", comparison.authority},
          {"rcodes", matrix},
          {"examples", comparison.examples}};
}

}  // namespace

std::string report_json(const Report& report) {
  Json json = Json::object();
  if (report.findings) json["capture"] = capture_json(report);
  if (report.tally) {
    json["servers"] = Json::array({server_json(report.tally->servers[0], report.server)});
    if (!report.versus.empty()) {
      json["servers"].push_back(server_json(report.tally->servers[1], report.versus));
    }
    json["timing"] = timing_json(report);
    if (report.compare) json["comparison"] = comparison_json(report);
  }
  // Names in examples may hold any octet.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dotring::replay
