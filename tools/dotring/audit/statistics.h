// What the audit has written and what it had to drop.

#pragma once

#include <deque>

#include "engine/base/counter.h"

namespace dotring::appliance {

/// One worker's: what did not fit its queue, so no output got it.
struct RecorderStatistics {
  Counter dropped;
};

/// One output's; counted in queries.
struct OutputStatistics {
  Counter written;
  Counter dropped;  ///< its reader was away, stopped or too slow, or the disk is full
  Counter failures;
  Counter rotations;
};

/// Of all recorders and outputs; they come and go with the configuration, and count on.
struct AuditStatistics {
  explicit AuditStatistics(size_t workers) : recorders(workers) {}

  std::deque<RecorderStatistics> recorders;  ///< by worker
  OutputStatistics file;
  OutputStatistics dnstap;
};

struct OutputSource {
  const char* name;
  const OutputStatistics* statistics;
};

}  // namespace dotring::appliance
