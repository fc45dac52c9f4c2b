#include "tools/flood/report/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "tools/common/version.h"
#include "tools/flood/report/svg_chart.h"

namespace dotring::flood {
namespace {

constexpr double kSlowestShareMin = 1e-5;
constexpr const char* kColours[][2] = {{"#1f6feb", "#8bb8ff"}, {"#d1242f", "#ff9a9a"}};

// Where an axis from `value_min` to `value_max` begins or ends: whole powers of ten.
double power_below(double value) {
  return std::pow(10, std::floor(std::log10(value)));
}
double power_above(double value) {
  return std::pow(10, std::ceil(std::log10(value)));
}

SvgChart::Points latency_points(const Times& times) {
  SvgChart::Points points;
  for (double slower = 1; slower >= kSlowestShareMin * 0.999; slower *= 0.9) {
    const double ms = static_cast<double>(times.percentile(1 - slower)) / 1e6;
    points.push_back({slower * 100, std::max(ms, 1e-3)});
  }
  return points;
}

std::string latency_chart(const Outcome& outcome, bool open_loop) {
  double least = 1e9, most = 1e-3;
  for (const Outcome::Server& server : outcome.servers) {
    const Times& times = open_loop ? server.totals.from_due : server.totals.from_sent;
    least = std::min(least, std::max(static_cast<double>(times.min()) / 1e6, 1e-3));
    most = std::max(most, static_cast<double>(times.max()) / 1e6);
  }
  SvgChart chart(open_loop ? "Latency from when queries were due" : "Latency",
                 "share of queries that are slower (%)", "milliseconds");
  chart.set_x({100, kSlowestShareMin * 100, true});
  chart.set_y({power_below(std::min(least, most)), power_above(most * 1.01), true});
  for (size_t i = 0; i < outcome.servers.size(); ++i) {
    const Totals& totals = outcome.servers[i].totals;
    chart.add_line(outcome.servers[i].name, kColours[i % 2][0],
                   latency_points(open_loop ? totals.from_due : totals.from_sent));
  }
  return chart.svg();
}

SvgChart::Points rate_points(const Outcome& outcome, size_t lane, Count count) {
  SvgChart::Points points;
  for (const Period& period : outcome.periods) {
    const uint64_t ns = period.end_ns - period.begin_ns;
    if (ns < 1'000'000) continue;
    const double middle_s = static_cast<double>(period.begin_ns + period.end_ns) / 2e9;
    points.push_back({middle_s, per_second(period.lanes[lane][count], ns)});
  }
  return points;
}

std::string rate_chart(const Outcome& outcome) {
  SvgChart chart("Rate", "seconds", "per second");
  double most = 1, end_s = 1e-3;
  for (size_t i = 0; i < outcome.servers.size(); ++i) {
    const std::string& name = outcome.servers[i].name;
    const auto sent = rate_points(outcome, i, Count::Sent);
    const auto answered = rate_points(outcome, i, Count::Answered);
    for (const auto& points : {sent, answered}) {
      for (const auto& point : points)
        most = std::max(most, point.y), end_s = std::max(end_s, point.x);
    }
    chart.add_line(name + " sent", kColours[i % 2][1], sent);
    chart.add_line(name + " answered", kColours[i % 2][0], answered);
  }
  chart.set_x({0, end_s * 1.02, false});
  chart.set_y({0, most * 1.1, false});
  return chart.svg();
}

}  // namespace

std::string plot(const Outcome& outcome, const Settings& settings, const std::string& path) {
  const std::string charts = latency_chart(outcome, settings.open_loop()) + rate_chart(outcome);
  if (!path.ends_with(".html")) return SvgChart::stack(charts, 2);
  return "<!doctype html>\n<meta charset=\"utf-8\">\n<title>dotring-flood</title>\n" +
         SvgChart::stack(charts, 2);
}

}  // namespace dotring::flood
