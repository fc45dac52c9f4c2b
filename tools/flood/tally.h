// What a run has counted. Times are nanoseconds.
//
// Invariant once a run is over: sent == answered + lost.

#pragma once

#include <array>
#include <cstdint>

#include "engine/base/histogram.h"

namespace dotring::flood {

struct Tally {
  uint64_t sent = 0;
  uint64_t answered = 0;
  uint64_t lost = 0;        ///< no answer within the timeout, or their connection ended
  uint64_t mismatched = 0;  ///< an id that waits, but another question: not counted as answered
  uint64_t unexpected = 0;  ///< an id that does not wait: late or repeated
  uint64_t truncated = 0;
  uint64_t empty = 0;  ///< NOERROR without an answer record
  uint64_t octets_sent = 0;
  uint64_t octets_received = 0;
  uint64_t connections_lost = 0;
  std::array<uint64_t, 16> rcodes{};

  Histogram latency_from_due_ns;   ///< from when the query was due to be sent
  Histogram latency_from_sent_ns;  ///< from when it was handed to its socket
  Histogram lateness_ns;           ///< from when it was due until it was handed over
};

}  // namespace dotring::flood
