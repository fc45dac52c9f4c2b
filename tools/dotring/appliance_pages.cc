// What the appliance says about itself: log lines at the start, and the admin pages.

#include <algorithm>

#include "tools/common/version.h"
#include "tools/dotring/appliance.h"
#include "tools/dotring/memory_sum.h"

namespace dotring::appliance {
namespace {

constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string joined(const std::vector<Endpoint>& addresses) {
  std::string text;
  for (const Endpoint& address : addresses) text += (text.empty() ? "" : ",") + address.to_text();
  return text;
}

bool failing_everywhere(const ServerSources& server) {
  return std::all_of(server.statistics.begin(), server.statistics.end(), [](const auto* one) {
    const auto state = static_cast<upstream::ServerState>(one->state.value());
    return state == upstream::ServerState::Failing || state == upstream::ServerState::Probing;
  });
}

Page plain(unsigned status, std::string_view text) {
  return {status, "text/plain; charset=utf-8", std::string(text)};
}

}  // namespace

void Appliance::tell_memory() {
  const std::vector<MemoryTerm> terms =
      memory_terms(configuration_, workers_.size(), shared_->addresses.size());
  std::vector<Field> fields = {{"bytes_max", sum_of(terms)}};
  for (const MemoryTerm& term : terms) fields.emplace_back(term.name, term.bytes);
  log_.info("memory", fields);
}

void Appliance::tell_ready() {
  const std::optional<Endpoint> admin = admin_.local();
  log_.info("ready", {{"version", version()},
                      {"workers", workers_.size()},
                      {"dns", joined(shared_->addresses)},
                      {"admin", admin ? admin->to_text() : ""},
                      {"after_us", clock_.monotonic_us() - started_us_}});
}

Page Appliance::page(std::string_view path) {
  if (path == "/metrics") return metrics_page();
  if (path == "/healthz") return health_page(health());
  if (path == "/readyz") return ready_page(health());
  if (path == "/") return plain(200, "dotring: /metrics /healthz /readyz\n");
  return plain(404, "not found; there are /metrics, /healthz and /readyz\n");
}

Page Appliance::metrics_page() {
  MetricsPage page;
  add_query_metrics(page, sources_);
  add_cache_metrics(page, store_->statistics(), configuration_.cache.bytes_max);
  add_upstream_metrics(page, sources_);
  add_server_metrics(page, sources_);
  add_listen_metrics(page, sources_);
  add_loop_metrics(page, sources_);
  add_process_metrics(page);
  page.counter("dotring_log_lines_dropped_total", "Log lines that nobody read in time.",
               log_.lines_dropped());
  return {200, std::string(kMetricsType), page.text()};
}

HealthFacts Appliance::health() {
  std::vector<uint64_t> turns;
  for (const io::LoopStatistics* loop : sources_.loops) turns.push_back(loop->turns.value());
  HealthFacts facts;
  facts.draining = draining_;
  facts.stuck_worker = watch_->stuck(turns, clock_.monotonic_us() / 1000);
  facts.servers = sources_.servers.size();
  for (const ServerSources& server : sources_.servers) {
    if (failing_everywhere(server)) ++facts.servers_failing;
  }
  return facts;
}

}  // namespace dotring::appliance
