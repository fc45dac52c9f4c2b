// What a reader must know before believing the figures: where the limit was ours.

#pragma once

#include <string>
#include <vector>

#include "tools/flood/load/totals.h"

namespace dotring::flood {

struct VerdictOptions {
  bool open_loop = false;
  bool spin = false;             ///< the processor is always busy; that tells nothing
  uint32_t outstanding_max = 0;  ///< over all clients, for the words
  double overdue_max = 0.01;     ///< share of the queries that had nothing to wait for
  double busy_max = 0.97;        ///< share of its threads' time that a generator may use
  double unsent_max = 0.001;     ///< share of the queries that were due
};

struct Verdict {
  /// The generator was the bottleneck: the figures tell of it and not of the server.
  bool generator_limited = false;
  std::vector<std::string> remarks;  ///< one line each
};

Verdict judge(const Totals& totals, const VerdictOptions& options);

}  // namespace dotring::flood
