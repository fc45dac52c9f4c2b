// Alive, ready, degraded: what /healthz and /readyz say, and from which facts.
//
// Alive is about this process alone: its workers turn. Ready is about what clients get. While no
// upstream answers, what is in the cache is still served, fresh or stale: that is degraded, not
// down, because another instance with the same upstreams would be no better.
//
// Each page is {"state": ..., "reasons": [...]}: the worst state, and all that speaks for it.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "tools/dotring/admin/server.h"

namespace dotring::appliance {

/// Notices workers that do not turn any more. Pure: whoever asks brings counts and time.
class ProgressWatch {
 public:
  /// A loop turns at least once per io::Loop::Options::wait_ms_max, whatever happens.
  static constexpr uint64_t kStuckAfterMs = 12'000;

  explicit ProgressWatch(size_t workers) : seen_(workers) {}

  /// The first worker whose count of turns has been the same for `after_ms`, as far as was asked.
  std::optional<size_t> stuck(std::span<const uint64_t> turns, uint64_t now_ms,
                              uint64_t after_ms = kStuckAfterMs);

 private:
  struct Seen {
    uint64_t turns = 0;
    uint64_t since_ms = 0;
  };
  std::vector<Seen> seen_;
};

struct HealthFacts {
  bool draining = false;
  std::optional<size_t> stuck_worker;
  size_t servers = 0;
  /// Servers that no worker can reach.
  size_t servers_failing = 0;
  /// No worker can ask Redis, and why; nothing where there is none, or it answers.
  std::optional<std::string> redis_failing;
  /// The last reload was refused, and over which key: what runs is not what is written.
  std::optional<std::string> reload_refused;
};

/// 200 with state "alive" while the workers turn, else 503 with "stuck".
Page health_page(const HealthFacts& facts);
/// 200 with state "ready" or "degraded", 503 with "draining" or "stuck".
Page ready_page(const HealthFacts& facts);

}  // namespace dotring::appliance
