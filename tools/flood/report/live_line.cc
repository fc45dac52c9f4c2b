#include "tools/flood/report/live_line.h"

#include <cstdio>
#include <ctime>

#include "tools/flood/report/outcome.h"

namespace dotring::flood {
namespace {

void print_interval(const Period& period) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const uint64_t ns = period.end_ns - period.begin_ns;
  std::printf("%lld.%06ld: %.6f\n", static_cast<long long>(now.tv_sec), now.tv_nsec / 1000,
              per_second(period.lanes[0][Count::Answered], ns));
  std::fflush(stdout);
}

void show(const Period& period) {
  std::fprintf(stderr, "\r\033[K%4.0f s", static_cast<double>(period.end_ns) / 1e9);
  for (const Totals& totals : period.lanes) {
    const uint64_t ns = period.end_ns - period.begin_ns;
    std::fprintf(stderr, "  sent %.0f/s  answered %.0f/s  lost %.2f%%  p50 %.3f ms  p99 %.3f ms",
                 per_second(totals[Count::Sent], ns), per_second(totals[Count::Answered], ns),
                 100 * totals.loss(), static_cast<double>(totals.from_due.percentile(0.5)) / 1e6,
                 static_cast<double>(totals.from_due.percentile(0.99)) / 1e6);
  }
  std::fflush(stderr);
}

}  // namespace

void LiveLine::on_period(const Period& period) {
  constexpr uint64_t kTooShortNs = 1'000'000;
  if (period.end_ns - period.begin_ns < kTooShortNs) return;
  if (options_.print) print_interval(period);
  if (!options_.terminal) return;
  show(period);
  shown_ = true;
}

void LiveLine::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace dotring::flood
