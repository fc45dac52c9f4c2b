// The upstream servers of one worker: their dialers, what other threads may read of them, and other
// servers by a reload.

#include <algorithm>

#include "tools/dotring/worker_parts.h"

namespace dotring::appliance {
namespace {

bool same_upstreams(const InForce& one, const InForce& other) {
  if (one.tls != other.tls) return false;
  const std::vector<const Key*> changed = changed_keys(one.configuration, other.configuration);
  return std::none_of(changed.begin(), changed.end(),
                      [](const Key* key) { return key->section() == "upstream"; });
}

}  // namespace

upstream::Options WorkerParts::upstream_options_now() const {
  upstream::Options options = upstream_options(configuration());
  options.on_event = shared_.on_upstream_event;
  return options;
}

std::vector<std::unique_ptr<upstream::Dialer>> WorkerParts::first_dialers() {
  std::vector<std::unique_ptr<upstream::Dialer>> result;
  for (const upstream::ServerOptions& server : upstream_options(configuration()).servers) {
    result.push_back(dialer_for(server));
  }
  return result;
}

std::unique_ptr<upstream::Dialer> WorkerParts::dialer_for(const upstream::ServerOptions& server) {
  std::shared_ptr<tls::TlsStatistics>& statistics = tls_statistics_[server.name()];
  if (!statistics) statistics = std::make_shared<tls::TlsStatistics>();
  auto dialer = std::make_unique<upstream::TlsDialer>(loop_, *in_force_->tls, server,
                                                      configuration().dialer, *statistics);
  dialed_.push_back({server, dialer.get()});
  return dialer;
}

// Streams that are open stay; those to come prove themselves to the trust anchors of now.
void WorkerParts::apply_upstreams(const InForce& before) {
  if (same_upstreams(*in_force_, before)) return;
  const upstream::Options options = upstream_options_now();
  std::erase_if(dialed_, [&](const DialedServer& dialed) {
    return std::none_of(options.servers.begin(), options.servers.end(),
                        [&](const auto& server) { return server.same_server(dialed.server); });
  });
  if (in_force_->tls != before.tls) {
    for (const DialedServer& dialed : dialed_) dialed.dialer->set_context(*in_force_->tls);
  }
  multiplexer_.reconfigure(
      options, [this](const upstream::ServerOptions& server) { return dialer_for(server); });
}

void WorkerParts::tell_sources() {
  std::vector<ToldServer> servers;
  for (size_t i = 0; i < multiplexer_.server_count(); ++i) {
    const std::string name = multiplexer_.server_name(i);
    servers.push_back({name, multiplexer_.server_statistics(i), tls_statistics_.at(name)});
  }
  const std::lock_guard guard(told_mutex_);
  told_servers_ = std::move(servers);
  told_redis_ = generations_.redis();
}

void WorkerParts::add_told_to(MetricSources& sources) const {
  const std::lock_guard guard(told_mutex_);
  for (const ToldServer& told : told_servers_) {
    ServerSources& server = sources.server(told.name);
    server.statistics.push_back(told.statistics.get());
    server.tls.push_back(told.tls.get());
    sources.held.push_back(told.statistics);
    sources.held.push_back(told.tls);
  }
  if (!told_redis_) return;
  told_redis_->add_to(sources);
  sources.held.push_back(told_redis_);
}

}  // namespace dotring::appliance
