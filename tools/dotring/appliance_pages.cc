// What the appliance says about itself: log lines at the start, and the admin pages.

#include <algorithm>

#include "tools/common/version.h"
#include "tools/dotring/appliance.h"
#include "tools/dotring/memory_sum.h"

namespace dotring::appliance {
namespace {

constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string joined(const std::vector<Listening>& all) {
  std::string text;
  for (const Listening& one : all) text += (text.empty() ? "" : ",") + one.address.to_text();
  return text;
}

bool failing_everywhere(const ServerSources& server) {
  return std::all_of(server.statistics.begin(), server.statistics.end(), [](const auto* one) {
    const auto state = static_cast<upstream::ServerState>(one->state.value());
    return state == upstream::ServerState::Failing || state == upstream::ServerState::Probing;
  });
}

/// Why no worker can ask Redis; nothing where one can, or there is none.
std::optional<std::string> failing_redis(
    const std::vector<const cache::redis::Statistics*>& workers) {
  if (workers.empty()) return std::nullopt;
  for (const cache::redis::Statistics* worker : workers) {
    if (worker->servers_readable.value() > 0) return std::nullopt;
  }
  return to_text(static_cast<cache::redis::Cause>(workers.front()->read_cause.value()));
}

}  // namespace

void Appliance::tell_memory(const Configuration& configuration) {
  const std::vector<MemoryTerm> terms =
      memory_terms(configuration, workers_.size(), shared_->listening.size());
  std::vector<Field> fields = {{"bytes_max", sum_of(terms)}};
  for (const MemoryTerm& term : terms) fields.emplace_back(term.name, term.bytes);
  log_.info("memory", fields);
}

void Appliance::tell_ready() {
  const std::optional<Endpoint> admin = admin_.local();
  log_.info("ready", {{"version", version()},
                      {"workers", workers_.size()},
                      {"dns", joined(shared_->listening)},
                      {"admin", admin ? admin->to_text() : ""},
                      {"after_us", clock_.monotonic_us() - started_us_}});
}

Page Appliance::page(std::string_view path) {
  if (path == "/metrics") return metrics_page();
  if (path == "/healthz") return health_page(health());
  if (path == "/readyz") return ready_page(health());
  if (path == "/") return line_page(200, "dotring: /metrics /healthz /readyz");
  return line_page(404, "not found; there are /metrics, /healthz and /readyz; POST /api/v1/flush");
}

MetricSources Appliance::sources() const {
  MetricSources sources;
  for (const auto& worker : workers_) worker->add_to(sources);
  const std::shared_ptr<const Audit> audit = in_force()->audit;
  sources.audit_outputs = audit->outputs();
  sources.recorders = audit->recorders();
  sources.held.push_back(audit);
  return sources;
}

Page Appliance::metrics_page() {
  const MetricSources sources = this->sources();
  MetricsPage page;
  add_query_metrics(page, sources);
  add_protect_metrics(page, sources);
  add_cache_metrics(page, store_->statistics(), in_force()->configuration.cache.bytes_max);
  add_redis_metrics(page, sources);
  add_upstream_metrics(page, sources);
  add_server_metrics(page, sources);
  add_listen_metrics(page, sources);
  add_loop_metrics(page, sources);
  add_audit_metrics(page, sources);
  add_process_metrics(page);
  page.counter("dotring_log_lines_dropped_total", "Log lines that nobody read in time.",
               log_.lines_dropped());
  return {200, std::string(kMetricsType), page.text()};
}

HealthFacts Appliance::health() {
  const MetricSources sources = this->sources();
  HealthFacts facts;
  facts.draining = draining_;
  const size_t stuck = stuck_.load(std::memory_order_relaxed);
  if (stuck != kNobody) facts.stuck_worker = stuck;
  facts.servers = sources.servers.size();
  for (const ServerSources& server : sources.servers) {
    if (failing_everywhere(server)) ++facts.servers_failing;
  }
  facts.redis_failing = failing_redis(sources.redis);
  const std::lock_guard guard(in_force_mutex_);
  facts.reload_refused = refused_reload_;
  return facts;
}

// -------------------------------------------------------------------------------------------------
// Actions

Page Appliance::action(std::string_view path, const Arguments& arguments) {
  if (path == "/api/v1/flush") return flush(arguments);
  return line_page(404, "not found; there is /api/v1/flush?name=NAME&subtree=1");
}

Page Appliance::flush(const Arguments& arguments) {
  const auto name = arguments.find("name");
  const auto subtree = arguments.find("subtree");
  const auto wire = name == arguments.end() ? std::nullopt : dns::name_from_text(name->second);
  if (!wire) return line_page(400, "give a name: /api/v1/flush?name=NAME&subtree=1");
  const size_t removed = forget(*wire, subtree != arguments.end() && subtree->second != "0");
  return {200, "application/json", "{\"removed\":" + std::to_string(removed) + "}\n"};
}

size_t Appliance::forget(const dns::Name& name, bool subtree) {
  cache::tiers::FlushRule rule;
  rule.name.size = name.size;
  dns::copy_lower(name.wire(), rule.name.octets.data());
  rule.subtree = subtree;
  rule.at_s = clock_.wall_s();
  // In this order: what is still on its way from Redis must not come back afterwards.
  flushes_.add(rule, rule.at_s);
  const size_t removed = cache::tiers::apply(rule, *store_);
  workers_.front()->tell_flush();
  return removed;
}

}  // namespace dotring::appliance
