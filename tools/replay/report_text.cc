#include <algorithm>
#include <cstdio>

#include "tools/replay/records.h"
#include "tools/replay/report.h"

namespace dotring::replay {
namespace {

using capture::Fate;

std::string line(const std::string& name, const std::string& value, int indent = 2) {
  char text[96];
  std::snprintf(text, sizeof text, "%*s%-*s", indent, "", 44 - indent, name.c_str());
  return text + value + "\n";
}

std::string line(const std::string& name, uint64_t value, int indent = 2) {
  return line(name, std::to_string(value), indent);
}

// Lines that say nothing are left out.
std::string line_if(const std::string& name, uint64_t value, int indent = 2) {
  return value > 0 ? line(name, value, indent) : "";
}

std::string decimal(double value, int places) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", places, value);
  return text;
}

std::string percent(uint64_t part, uint64_t whole) {
  if (whole == 0) return "";
  return " (" + decimal(100.0 * static_cast<double>(part) / static_cast<double>(whole), 2) + " %)";
}

double seconds(uint64_t from_ns, uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) / 1e9 : 0;
}

std::string times_text(const Histogram& histogram_ns) {
  std::string text;
  for (const auto& [share, name] :
       {std::pair{0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}, {0.999, "p99.9"}, {1.0, "max"}}) {
    const double milliseconds = static_cast<double>(histogram_ns.percentile(share)) / 1e6;
    text += std::string(name) + " " + decimal(milliseconds, 3) + "  ";
  }
  return text;
}

std::string capture_text(const Report& report) {
  const Findings& findings = *report.findings;
  const capture::Account& account = findings.account;
  std::string text = "Capture " + report.capture + "\n" + line("packets", account.packets);
  for (size_t i = 0; i < capture::kFates; ++i) {
    const auto fate = static_cast<Fate>(i);
    text += line_if(capture::to_text(fate), account[fate], 4);
  }
  text += line("queries", std::to_string(account.queries()) + " (UDP " +
                              std::to_string(account.queries_udp) + ", TCP " +
                              std::to_string(account.queries_tcp) + ")");
  text += line("clients", report.clients);
  text += line_if("answers recorded for them", findings.pairing.paired);
  text += line_if("answers to no query in it", findings.pairing.without_query);
  text += line_if("packets earlier than the one before", account.time_went_back);
  text += line("seconds from first to last query",
               decimal(seconds(findings.first_ns, findings.last_ns), 6));
  if (!findings.failure.empty()) text += line("ended early", findings.failure);
  return text;
}

std::string server_text(const ServerTally& server, const std::string& name, const Tally& tally) {
  const double duration_s = seconds(tally.started_ns, tally.ended_ns);
  const double rate = duration_s > 0 ? static_cast<double>(server.answered) / duration_s : 0;
  std::string rcodes;
  for (const auto& [rcode, count] : server.rcodes) {
    rcodes += rcode_text(rcode) + " " + std::to_string(count) + "  ";
  }
  std::string text = "Server " + name + "\n";
  text += line("queries sent", server.sent);
  text += line("answered", std::to_string(server.answered) + percent(server.answered, server.sent));
  text += line_if("no answer in time", server.timeouts);
  text += line_if("lost with their connection", server.connection_ended);
  text += line_if("connections failed", server.connections_failed);
  if (server.connections_failed > 0) text += line("the last one", server.connection_failure, 4);
  text += line("response codes", rcodes);
  text += line_if("truncated", server.truncated);
  text += line_if("duplicate answers", server.duplicates);
  text += line_if("late answers", server.late);
  text += line_if("answers to another question", server.mismatched);
  text += line_if("answers to nothing", server.unexpected);
  text += line("answers per second", decimal(rate, 1));
  text += line("latency from due (ms)", times_text(server.latency_from_due_ns));
  return text + line("latency from sent (ms)", times_text(server.latency_from_sent_ns));
}

std::string timing_text(const Report& report) {
  const Tally& tally = *report.tally;
  std::string text = "Timing\n";
  text += line("seconds", decimal(seconds(tally.started_ns, tally.ended_ns), 6));
  text += line("sockets and connections", report.sockets);
  text += line_if("queries not sent for want of a socket", tally.not_sent);
  if (!report.socket_failure.empty()) text += line("the last one", report.socket_failure, 4);
  text += line_if("queries by a socket of another client", report.shared);
  text += line_if("answers that the kernel dropped", report.answers_dropped);
  if (report.paced) {
    const double drift_ms = 1e3 * seconds(tally.last_due_ns, tally.last_sent_ns);
    text += line("sent late (ms)", times_text(tally.lateness_ns));
    text += line("more than 1 ms late", std::to_string(tally.late_1ms) +
                                            percent(tally.late_1ms, tally.lateness_ns.count()));
    text += line("drift at the last query (ms)", decimal(drift_ms, 3));
    text += line_if("times without room for a query", tally.blocked);
  }
  if (tally.interrupted) text += line("ended early", std::string("interrupted"));
  return text;
}

std::string comparison_text(const Report& report) {
  const ComparisonTally& comparison = report.tally->comparison;
  const bool versus = !report.versus.empty();
  const std::string left = versus ? "there" : "recorded", right = versus ? "here" : "got";
  std::string text = versus ? "Compared with " + report.versus + " (there)\n"
                            : "Compared with what was recorded\n";
  const uint64_t both = comparison.same + comparison.different;
  text += line("same", std::to_string(comparison.same) + percent(comparison.same, both));
  text +=
      line("different", std::to_string(comparison.different) + percent(comparison.different, both));
  text += line_if("rcode", comparison.rcode, 4);
  text += line_if("flags", comparison.flags, 4);
  text += line_if("answer", comparison.answer, 4);
  text += line_if("authority", comparison.authority, 4);
  text += line_if("malformed", comparison.malformed, 4);
  text += line_if(left + " none", comparison.none_left, 4);
  text += line_if(right + " none", comparison.none_right, 4);
  text += line_if("neither has an answer", comparison.none_both);
  for (const auto& [pair, count] : comparison.rcodes) {
    text += line(
        left + " " + rcode_or_none(pair.first) + ", " + right + " " + rcode_or_none(pair.second),
        count, 4);
  }
  if (!comparison.examples.empty()) text += "First differences\n";
  for (const std::string& example : comparison.examples) text += "  " + example + "\n";
  return text;
}

}  // namespace

std::string rcode_or_none(int rcode) {
  return rcode == kNone ? "none" : rcode_text(static_cast<uint16_t>(rcode));
}

std::string report_text(const Report& report) {
  std::string text = report.findings ? capture_text(report) : "";
  if (!report.tally) return text;
  text += server_text(report.tally->servers[0], report.server, *report.tally);
  if (!report.versus.empty())
    text += server_text(report.tally->servers[1], report.versus, *report.tally);
  text += timing_text(report);
  return report.compare ? text + comparison_text(report) : text;
}

}  // namespace dotring::replay
