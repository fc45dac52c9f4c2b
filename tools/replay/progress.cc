#include "tools/replay/progress.h"

#include <cinttypes>
#include <cstdio>

namespace dotring::replay {

void Progress::show(const Tally& tally, uint64_t now_ns) {
  if (!terminal_ || now_ns - last_ns_ < kIntervalNs) return;
  const ServerTally& server = tally.servers[0];
  const double interval_s = static_cast<double>(now_ns - last_ns_) / 1e9;
  const double rate = static_cast<double>(server.answered - last_answered_) / interval_s;
  if (last_ns_ > 0) {
    std::fprintf(stderr,
                 "\r\033[K%" PRIu64 " sent, %" PRIu64 " answered, %" PRIu64
                 " lost, %.0f/s, late p99 %.3f ms",
                 server.sent, server.answered, server.lost(), rate,
                 static_cast<double>(tally.lateness_ns.percentile(0.99)) / 1e6);
    std::fflush(stderr);
    shown_ = true;
  }
  last_ns_ = now_ns;
  last_answered_ = server.answered;
}

void Progress::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace dotring::replay
