// All that reports are made from, once a run is over.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/flood/load/run.h"
#include "tools/flood/load/settings.h"
#include "tools/flood/report/verdict.h"

namespace dotring::flood {

struct Outcome {
  struct Server {
    std::string name;
    Totals totals;
    Pacing pacing;
    Verdict verdict;
  };

  uint64_t duration_ns = 0;
  uint64_t started_wall_ns = 0;  ///< since 1970
  std::vector<Server> servers;
  std::vector<Period> periods;
  bool interrupted = false;
};

/// Runs `stages`. Not null: what failed, in one line.
struct Materials;
std::optional<std::string> run_once(const Settings& settings, const Materials& materials,
                                    const std::vector<Stage>& stages, const io::Clock& clock,
                                    RunWatcher* watcher, Outcome& outcome);

double per_second(uint64_t count, uint64_t duration_ns);

}  // namespace dotring::flood
