#include "tools/flood/report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace dotring::flood {
namespace {

// A record says the names of 0 to 5 (RFC 1035, 4.1.1); others are rare enough to be numbers.
constexpr std::array<const char*, 6> kRcodeNames = {"NOERROR",  "FORMERR", "SERVFAIL",
                                                    "NXDOMAIN", "NOTIMP",  "REFUSED"};

std::string rcode_name(size_t rcode) {
  return rcode < kRcodeNames.size() ? kRcodeNames[rcode] : std::to_string(rcode);
}

double seconds(uint64_t duration_ns) {
  return static_cast<double>(duration_ns) / 1e9;
}

double rate(uint64_t count, uint64_t duration_ns) {
  return duration_ns ? static_cast<double>(count) / seconds(duration_ns) : 0;
}

double microseconds(const Histogram& histogram_ns, double share) {
  return static_cast<double>(histogram_ns.percentile(share)) / 1000;
}

nlohmann::ordered_json times_json(const Histogram& histogram_ns) {
  const uint64_t count = histogram_ns.count();
  const double sum_us = static_cast<double>(histogram_ns.sum()) / 1000;
  return {{"mean", count ? sum_us / static_cast<double>(count) : 0},
          {"p50", microseconds(histogram_ns, 0.5)},
          {"p90", microseconds(histogram_ns, 0.9)},
          {"p99", microseconds(histogram_ns, 0.99)},
          {"p99.9", microseconds(histogram_ns, 0.999)},
          {"max", microseconds(histogram_ns, 1)}};
}

std::string line(const char* name, const std::string& value) {
  char text[128];
  std::snprintf(text, sizeof text, "  %-22s%s\n", name, value.c_str());
  return text;
}

std::string number(double value, const char* format = "%.6f") {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string times_text(const Histogram& histogram_ns) {
  std::string text;
  for (const auto& [share, name] : {std::pair{0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}, {1, "max"}})
    text += std::string(name) + " " + number(microseconds(histogram_ns, share) / 1e6) + "  ";
  return text;
}

}  // namespace

std::string report_json(const Tally& tally, uint64_t duration_ns) {
  nlohmann::ordered_json rcodes = nlohmann::ordered_json::object();
  for (size_t i = 0; i < tally.rcodes.size(); ++i) {
    if (tally.rcodes[i]) rcodes[rcode_name(i)] = tally.rcodes[i];
  }
  const nlohmann::ordered_json report = {
      {"duration_s", seconds(duration_ns)},
      {"sent", tally.sent},
      {"answered", tally.answered},
      {"lost", tally.lost},
      {"mismatched", tally.mismatched},
      {"unexpected", tally.unexpected},
      {"truncated", tally.truncated},
      {"empty", tally.empty},
      {"connections_lost", tally.connections_lost},
      {"rcodes", rcodes},
      {"queries_per_s", rate(tally.answered, duration_ns)},
      {"octets_sent", tally.octets_sent},
      {"octets_received", tally.octets_received},
      {"latency_from_due_us", times_json(tally.latency_from_due_ns)},
      {"latency_from_sent_us", times_json(tally.latency_from_sent_ns)},
      {"lateness_us", times_json(tally.lateness_ns)},
  };
  return report.dump(2) + "\n";
}

std::string report_text(const Tally& tally, uint64_t duration_ns) {
  std::string rcodes;
  for (size_t i = 0; i < tally.rcodes.size(); ++i) {
    if (tally.rcodes[i]) rcodes += rcode_name(i) + " " + std::to_string(tally.rcodes[i]) + "  ";
  }
  return line("Queries sent:", std::to_string(tally.sent)) +
         line("Queries completed:", std::to_string(tally.answered)) +
         line("Queries lost:", std::to_string(tally.lost)) + line("Response codes:", rcodes) +
         line("Run time (s):", number(seconds(duration_ns))) +
         line("Queries per second:", number(rate(tally.answered, duration_ns))) +
         line("Latency due (s):", times_text(tally.latency_from_due_ns)) +
         line("Latency sent (s):", times_text(tally.latency_from_sent_ns)) +
         line("Sent late (s):", times_text(tally.lateness_ns));
}

}  // namespace dotring::flood
