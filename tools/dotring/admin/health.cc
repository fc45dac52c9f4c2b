#include "tools/dotring/admin/health.h"

#include <cassert>

#include "tools/dotring/log/line.h"

namespace dotring::appliance {
namespace {

Page page(unsigned status, std::string_view name, std::string_view reason = {}) {
  std::string body = "{\"status\":" + json_quoted(name);
  if (!reason.empty()) body += ",\"reason\":" + json_quoted(reason);
  return {status, "application/json", body + "}\n"};
}

Page stuck_page(size_t worker) {
  return page(503, "stuck", "worker " + std::to_string(worker) + " does not turn any more");
}

}  // namespace

std::optional<size_t> ProgressWatch::stuck(std::span<const uint64_t> turns, uint64_t now_ms,
                                           uint64_t after_ms) {
  assert(turns.size() == seen_.size());
  std::optional<size_t> first;
  for (size_t i = 0; i < seen_.size(); ++i) {
    Seen& seen = seen_[i];
    if (seen.since_ms == 0 || seen.turns != turns[i]) seen = {turns[i], now_ms};
    if (!first && now_ms - seen.since_ms >= after_ms) first = i;
  }
  return first;
}

Page health_page(const HealthFacts& facts) {
  return facts.stuck_worker ? stuck_page(*facts.stuck_worker) : page(200, "alive");
}

Page ready_page(const HealthFacts& facts) {
  if (facts.stuck_worker) return stuck_page(*facts.stuck_worker);
  if (facts.draining) return page(503, "draining", "dotring is about to end");
  if (facts.servers > 0 && facts.servers_failing == facts.servers) {
    return page(200, "degraded", "no upstream server answers: only what is in the cache is served");
  }
  if (facts.redis_failing) {
    return page(200, "degraded", "Redis is not asked: " + *facts.redis_failing);
  }
  return page(200, "ready");
}

}  // namespace dotring::appliance
