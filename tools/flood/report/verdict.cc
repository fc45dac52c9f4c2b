#include "tools/flood/report/verdict.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "tools/flood/report/printf_number.h"

namespace dotring::flood {
namespace {

[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return line;
}

double share(uint64_t part, uint64_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

void judge_open_loop(const Totals& totals, const VerdictOptions& options, Verdict& verdict) {
  const uint64_t due = totals[Count::Due];
  const bool held_back = share(totals[Count::HeldBack], due) > options.unsent_max;
  if (held_back) {
    verdict.remarks.push_back(text(
        "%llu queries were sent late because %u were waiting for answers already: the server was "
        "slower than the rate, or --outstanding is too small",
        number(totals[Count::HeldBack]), options.outstanding_max));
  }
  const bool unsent = share(totals[Count::Unsent], due) > options.unsent_max;
  const uint64_t free = totals[Count::Sent] - totals[Count::HeldBack];
  const double overdue = share(totals[Count::Overdue], free);
  if (overdue > options.overdue_max || (unsent && !held_back)) {
    verdict.generator_limited = true;
    verdict.remarks.push_back(text(
        "the generator was the bottleneck: %.1f %% of the queries left overdue and %llu did not "
        "leave at all; use more --threads, another machine, or a lower rate",
        100 * overdue, number(totals[Count::Unsent])));
  } else if (unsent) {
    verdict.remarks.push_back(
        text("%llu queries were due and never sent", number(totals[Count::Unsent])));
  }
}

void judge_closed_loop(const Totals& totals, const VerdictOptions& options, Verdict& verdict) {
  const double busy = share(totals[Count::CpuNs], totals[Count::ElapsedNs]);
  if (options.spin || busy <= options.busy_max || totals[Count::ElapsedNs] < 100'000'000) return;
  verdict.generator_limited = true;
  verdict.remarks.push_back(
      text("the generator was the bottleneck: its threads were busy %.0f %% of the time; use more "
           "--threads or another machine",
           busy * 100));
}

}  // namespace

Verdict judge(const Totals& totals, const VerdictOptions& options) {
  Verdict verdict;
  (options.open_loop ? judge_open_loop : judge_closed_loop)(totals, options, verdict);
  if (totals.answers_dropped > 0) {
    verdict.generator_limited = true;
    verdict.remarks.push_back(
        text("the generator did not keep up: its sockets dropped %llu answers, which count as lost",
             number(totals.answers_dropped)));
  }
  if (totals.send_failures > 0) {
    verdict.remarks.push_back(
        text("this machine's kernel refused to send %llu datagrams", number(totals.send_failures)));
  }
  if (totals.refusals > 0) {
    verdict.remarks.push_back(
        text("the server's port was unreachable %llu times", number(totals.refusals)));
  }
  return verdict;
}

}  // namespace dotring::flood
