// What a lane has counted over all threads at one moment, or between two.

#pragma once

#include "tools/clients/statistics.h"
#include "tools/flood/load/tally.h"
#include "tools/flood/load/times.h"

namespace dotring::flood {

struct Totals {
  uint64_t operator[](Count count) const { return counts[static_cast<size_t>(count)]; }
  uint64_t lost() const { return (*this)[Count::TimedOut] + (*this)[Count::Interrupted]; }
  /// Of all that were due: those that were not answered, or not even sent. 0 to 1.
  double loss() const;

  void add(const Tally& tally);
  void add(const clients::Statistics& statistics);
  void subtract(const Totals& earlier);

  std::array<uint64_t, kCounts> counts{};
  std::array<uint64_t, kRcodes> rcodes{};
  Times from_due;
  Times from_sent;
  Times lateness;

  // Sockets and connections
  uint64_t send_failures = 0;
  uint64_t refusals = 0;
  uint64_t answers_dropped = 0;  ///< by our own sockets, because we did not read them in time
  uint64_t connections_tried = 0;
  uint64_t connections_opened = 0;
  uint64_t connections_failed = 0;
  uint64_t connections_closed = 0;
  uint64_t connections_closed_by_peer = 0;
  uint64_t connections_lost = 0;
  uint64_t tickets_declined = 0;
  Times connect_ns;
  Times handshake_full_us;
  Times handshake_resumed_us;
};

}  // namespace dotring::flood
