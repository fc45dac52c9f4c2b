#include "tools/flood/report/report_text.h"

#include <cstdarg>
#include <cstdio>

#include "tools/common/dns_words.h"
#include "tools/flood/report/printf_number.h"

namespace dotring::flood {
namespace {

constexpr std::pair<const char*, double> kPercentiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};

class Text {
 public:
  [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    text_ += line;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

double percent(uint64_t part, uint64_t whole) {
  return whole ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double seconds(double ns) {
  return ns / 1e9;
}
double seconds(uint64_t ns) {
  return seconds(static_cast<double>(ns));
}
double milliseconds(uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

uint64_t average(uint64_t sum, uint64_t count) {
  return count ? sum / count : 0;
}

void add_counted(Text& text, const char* name, uint64_t count, uint64_t whole) {
  text.add("  %-22s%llu (%.2f%%)\n", name, number(count), percent(count, whole));
}

// Lines that are worth reading only when there is something to read.
void add_unless_none(Text& text, const char* name, uint64_t count) {
  if (count > 0) text.add("  %-22s%llu\n", name, number(count));
}

void add_rcodes(Text& text, const Totals& totals) {
  std::string line;
  for (uint16_t i = 0; i < kRcodes; ++i) {
    if (totals.rcodes[i] == 0) continue;
    char entry[96];
    std::snprintf(entry, sizeof entry, "%s%s %llu (%.2f%%)", line.empty() ? "" : ", ",
                  rcode_to_text(i).c_str(), number(totals.rcodes[i]),
                  percent(totals.rcodes[i], totals[Count::Answered]));
    line += entry;
  }
  text.add("  %-22s", "Response codes:");
  text.add("%s\n", line.c_str());
}

void add_dnsperf_times(Text& text, const Times& times, double to_seconds) {
  const auto value = [&](double time) { return time * to_seconds; };
  text.add("  %-22s%.6f (min %.6f, max %.6f)\n", "Average Latency (s):", value(times.mean()),
           value(static_cast<double>(times.min())), value(static_cast<double>(times.max())));
  if (times.count() > 1) {
    text.add("  %-22s%.6f\n", "Latency StdDev (s):", value(times.deviation()));
  }
}

void add_statistics(Text& text, const Outcome& outcome, const Totals& totals) {
  const uint64_t sent = totals[Count::Sent], answered = totals[Count::Answered];
  text.add("Statistics:\n\n");
  text.add("  %-22s%llu\n", "Queries sent:", number(sent));
  add_counted(text, "Queries completed:", answered, sent);
  add_counted(text, "Queries lost:", totals[Count::TimedOut], sent);
  if (totals[Count::Interrupted]) {
    add_counted(text, "Queries interrupted:", totals[Count::Interrupted], sent);
  }
  add_unless_none(text, "Queries not sent:", totals[Count::Unsent]);
  text.add("\n");
  add_rcodes(text, totals);
  text.add("  %-22srequest %llu, response %llu\n",
           "Average packet size:", number(average(totals[Count::OctetsSent], sent)),
           number(average(totals[Count::OctetsReceived], answered)));
  text.add("  %-22s%.6f\n", "Run time (s):", seconds(outcome.duration_ns));
  text.add("  %-22s%.6f\n\n", "Queries per second:", per_second(answered, outcome.duration_ns));
  add_dnsperf_times(text, totals.from_sent, 1e-9);
  text.add("\n");
}

void add_answers(Text& text, const Totals& totals) {
  add_unless_none(text, "Answers truncated:", totals[Count::Truncated]);
  add_unless_none(text, "Answers empty:", totals[Count::Empty]);
  add_unless_none(text, "Answers duplicate:", totals[Count::Duplicate]);
  add_unless_none(text, "Answers too late:", totals[Count::Late]);
  add_unless_none(text, "Answers mismatched:", totals[Count::Mismatched]);
  add_unless_none(text, "Answers unexpected:", totals[Count::Unexpected]);
}

void add_percentile_row(Text& text, const char* name, const Times& times, double to_ms) {
  text.add("  %-22s", name);
  for (const auto& [word, share] : kPercentiles) {
    text.add("%10.3f", static_cast<double>(times.percentile(share)) * to_ms);
  }
  text.add("%10.3f\n", static_cast<double>(times.max()) * to_ms);
}

void add_percentiles(Text& text, const Totals& totals, bool open_loop) {
  text.add("%-24s", "Percentiles (ms):");
  for (const auto& [word, share] : kPercentiles) text.add("%10s", word);
  text.add("%10s\n\n", "max");
  if (open_loop) add_percentile_row(text, "Latency from due:", totals.from_due, 1e-6);
  add_percentile_row(text, "Latency from sent:", totals.from_sent, 1e-6);
  if (open_loop) add_percentile_row(text, "Sent late by:", totals.lateness, 1e-6);
  if (totals.connect_ns.count()) {
    add_percentile_row(text, "Connecting:", totals.connect_ns, 1e-6);
  }
  if (totals.handshake_full_us.count()) {
    add_percentile_row(text, "TLS, full handshake:", totals.handshake_full_us, 1e-3);
  }
  if (totals.handshake_resumed_us.count()) {
    add_percentile_row(text, "TLS, resumed:", totals.handshake_resumed_us, 1e-3);
  }
  text.add("\n");
}

void add_connections(Text& text, const Outcome& outcome, const Totals& totals, uint32_t clients) {
  if (totals.connections_tried == 0) return;
  const uint64_t again =
      totals.connections_tried - std::min<uint64_t>(totals.connections_tried, clients);
  text.add("Connection Statistics:\n\n");
  text.add("  %-22s%llu\n\n", "Reconnections:", number(again));
  add_dnsperf_times(text, totals.connect_ns, 1e-9);
  text.add("  %-22s%llu (%.1f per second)\n",
           "Connections opened:", number(totals.connections_opened),
           per_second(totals.connections_opened, outcome.duration_ns));
  add_unless_none(text, "Connections failed:", totals.connections_failed);
  add_unless_none(text, "Closed by the server:", totals.connections_closed_by_peer);
  add_unless_none(text, "Lost with queries:", totals.connections_lost);
  const uint64_t full = totals.handshake_full_us.count();
  const uint64_t resumed = totals.handshake_resumed_us.count();
  if (full + resumed > 0) {
    text.add("  %-22s%llu full, %llu resumed (%.2f%%)\n", "TLS handshakes:", number(full),
             number(resumed), percent(resumed, full + resumed));
  }
  text.add("\n");
}

void add_pacing(Text& text, const Pacing& pacing) {
  const Pacing::Deviation seconds = pacing.deviation(100), windows = pacing.deviation(1);
  if (seconds.windows == 0) return;
  text.add(
      "  %-22s%.1f queries/s; off by %.3f%% in the worst second, by %.2f%% in 99%% of the "
      "windows of 10 ms (worst %.2f%%)\n",
      "Pacing:", seconds.rate_per_s, 100 * seconds.worst, 100 * windows.p99, 100 * windows.worst);
}

void add_generator(Text& text, const Outcome::Server& server) {
  const uint64_t sent = server.totals[Count::Sent];
  const double cpu_us = static_cast<double>(server.totals[Count::CpuNs]) / 1e3;
  text.add("Generator:\n\n");
  text.add("  %-22s%.2f us per query, %.0f%% of its threads' time\n",
           "Processor:", sent ? cpu_us / static_cast<double>(sent) : 0,
           percent(server.totals[Count::CpuNs], server.totals[Count::ElapsedNs]));
  add_pacing(text, server.pacing);
  for (const std::string& remark : server.verdict.remarks) {
    text.add("  Note:                 %s\n", remark.c_str());
  }
}

// A stage's periods are those whose middle lies in it: they end where stages do, but not exactly.
void add_step(Text& text, const Outcome& outcome, size_t server, uint64_t begin_ns,
              const Stage& stage) {
  Times from_due;
  uint64_t sent = 0, answered = 0, lost = 0, ns = 0;
  for (const Period& period : outcome.periods) {
    const uint64_t middle = (period.begin_ns + period.end_ns) / 2;
    if (middle < begin_ns || middle >= begin_ns + stage.duration_ns) continue;
    const Totals& totals = period.lanes[server];
    sent += totals[Count::Sent];
    answered += totals[Count::Answered];
    lost += totals.lost();
    ns += period.end_ns - period.begin_ns;
    from_due.add(totals.from_due);
  }
  text.add("%12.0f %12.0f %12.0f %8.2f%% %10.3f %10.3f", (stage.from_per_s + stage.to_per_s) / 2,
           per_second(sent, ns), per_second(answered, ns), percent(lost, sent),
           milliseconds(from_due.percentile(0.5)), milliseconds(from_due.percentile(0.99)));
  const bool versus = outcome.servers.size() > 1;
  text.add(versus ? "  %s\n" : "\n", outcome.servers[server].name.c_str());
}

}  // namespace

std::string report_text(const Outcome& outcome, const Settings& settings) {
  Text text;
  for (const Outcome::Server& server : outcome.servers) {
    if (outcome.servers.size() > 1) text.add("Server %s\n\n", server.name.c_str());
    add_statistics(text, outcome, server.totals);
    add_answers(text, server.totals);
    add_percentiles(text, server.totals, settings.open_loop());
    add_connections(text, outcome, server.totals, settings.clients);
    add_generator(text, server);
    text.add("\n");
  }
  return text.take();
}

std::string steps_text(const Outcome& outcome, const std::vector<Stage>& stages) {
  Text text;
  text.add("%12s %12s %12s %9s %10s %10s", "asked/s", "sent/s", "answered/s", "lost", "p50 ms",
           "p99 ms");
  text.add("%s\n", outcome.servers.size() > 1 ? "  server" : "");
  uint64_t begin_ns = 0;
  for (const Stage& stage : stages) {
    for (size_t i = 0; i < outcome.servers.size(); ++i) add_step(text, outcome, i, begin_ns, stage);
    begin_ns += stage.duration_ns;
  }
  text.add("\n");
  return text.take();
}

std::string versus_text(const Outcome& outcome) {
  const Totals& a = outcome.servers[0].totals;
  const Totals& b = outcome.servers[1].totals;
  Text text;
  text.add("%-20s %22s %22s %10s\n", "", outcome.servers[0].name.c_str(),
           outcome.servers[1].name.c_str(), "ratio");
  const auto row = [&](const char* name, double left, double right, const char* format) {
    char values[2][32];
    std::snprintf(values[0], sizeof values[0], format, left);
    std::snprintf(values[1], sizeof values[1], format, right);
    text.add("%-20s %22s %22s %10.3f\n", name, values[0], values[1], right > 0 ? left / right : 0);
  };
  row("queries/s", per_second(a[Count::Answered], outcome.duration_ns),
      per_second(b[Count::Answered], outcome.duration_ns), "%.0f");
  row("lost %", 100 * a.loss(), 100 * b.loss(), "%.3f");
  for (const auto& [word, share] : kPercentiles) {
    row((std::string(word) + " ms").c_str(), milliseconds(a.from_due.percentile(share)),
        milliseconds(b.from_due.percentile(share)), "%.3f");
  }
  text.add("\n");
  return text.take();
}

}  // namespace dotring::flood
