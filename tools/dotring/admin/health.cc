#include "tools/dotring/admin/health.h"

#include <cassert>

#include "tools/dotring/log/line.h"

namespace dotring::appliance {
namespace {

using Reasons = std::vector<std::string>;

Page page(unsigned status, std::string_view state, const Reasons& reasons = {}) {
  std::string body = "{\"state\":" + json_quoted(state) + ",\"reasons\":[";
  for (const std::string& reason : reasons) {
    body += (body.back() == '[' ? "" : ",") + json_quoted(reason);
  }
  return {status, "application/json", body + "]}\n"};
}

Page stuck_page(size_t worker) {
  return page(503, "stuck", {"worker " + std::to_string(worker) + " does not turn any more"});
}

Reasons reasons_of_degraded(const HealthFacts& facts) {
  Reasons reasons;
  if (facts.servers > 0 && facts.servers_failing == facts.servers) {
    reasons.push_back("no upstream server answers: only what is in the cache is served");
  }
  if (facts.redis_failing) reasons.push_back("Redis is not asked: " + *facts.redis_failing);
  if (facts.reload_refused) {
    reasons.push_back("the last reload was refused, the log says why: " + *facts.reload_refused);
  }
  return reasons;
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
  if (facts.draining) return page(503, "draining", {"dotring is about to end"});
  const Reasons reasons = reasons_of_degraded(facts);
  return page(200, reasons.empty() ? "ready" : "degraded", reasons);
}

}  // namespace dotring::appliance
