// What one lane of a run counts. One writer, any number of readers, while it runs too.
//
// Invariant once a run is over: Sent == Answered + TimedOut + Interrupted.

#pragma once

#include <array>

#include "engine/base/counter.h"
#include "engine/base/histogram.h"

namespace dotring::flood {

enum class Count : uint8_t {
  Due,  ///< queries whose time had come when they were sent, or when the run ended
  Sent,
  HeldBack,  ///< of these, sent late because no client had room
  Overdue,   ///< of these, sent late although one had: the generator was too slow
  Unsent,    ///< due, and not sent when the run ended
  Answered,
  TimedOut,     ///< no answer within the timeout
  Interrupted,  ///< their connection or the run ended, or no connection was to be had
  Unexpected,   ///< messages with an id that does not wait
  Duplicate,    ///< answers to what was answered already
  Late,         ///< answers to what had timed out
  Mismatched,   ///< an id that waits, but another question
  Truncated,    ///< answers with TC
  Empty,        ///< NOERROR without an answer record
  OctetsSent,
  OctetsReceived,
  CpuNs,      ///< processor time of the threads that sent and received
  ElapsedNs,  ///< of the same threads: wall clock
};
inline constexpr size_t kCounts = static_cast<size_t>(Count::ElapsedNs) + 1;

inline constexpr size_t kRcodes = 24;

struct Tally {
  Counter& operator[](Count count) { return counts[static_cast<size_t>(count)]; }

  std::array<Counter, kCounts> counts;
  std::array<Counter, kRcodes> rcodes;  ///< the last one: all above, too
  /// From when a query was due until its answer; without an answer the timeout counts.
  Histogram latency_from_due_ns;
  /// From when a query was handed to its client until its answer; only those that were answered.
  Histogram latency_from_sent_ns;
  /// From when a query was due until it was handed to its client.
  Histogram lateness_ns;
};

}  // namespace dotring::flood
