#include "cache/redis/client.h"

#include <optional>
#include <utility>

#include "cache/redis/cluster.h"
#include "cache/redis/single.h"
#include "cache/redis/subscription.h"

namespace dotring::cache::redis {

struct Client::Parts {
  Parts(const Options& wanted, TurnTime time, const HashKey& seed, Dialer& dialer)
      : options(wanted), random(seed), context{options, time, random, dialer, statistics} {
    statistics.read_cause.set(static_cast<uint64_t>(Cause::Gone));
    if (options.target.layout == Layout::Cluster) {
      cluster.emplace(context);
    } else {
      single.emplace(context);
    }
  }
  std::optional<Address> address() { return cluster ? cluster->address() : single->address(); }

  const Options options;
  Random random;
  Statistics statistics;
  const Context context;
  std::optional<Single> single;
  std::optional<Cluster> cluster;
  std::optional<Subscription> subscription;
};

Client::Client(const Options& options, TurnTime time, const HashKey& seed, Dialer& dialer)
    : parts_(std::make_unique<Parts>(options, time, seed, dialer)) {}

Client::~Client() = default;

void Client::subscribe(std::string channel, MessageHandler& handler) {
  Parts& parts = *parts_;
  parts.subscription.emplace(parts.context, std::move(channel), handler,
                             [&parts] { return parts.address(); });
}

void Client::start() {
  if (parts_->cluster) parts_->cluster->start();
  if (parts_->single) parts_->single->start();
  if (parts_->subscription) parts_->subscription->start();
}

void Client::stop() {
  if (parts_->subscription) parts_->subscription->stop();
  if (parts_->cluster) parts_->cluster->stop();
  if (parts_->single) parts_->single->stop();
}

bool Client::active() const {
  if (parts_->subscription && parts_->subscription->active()) return true;
  return parts_->cluster ? parts_->cluster->active() : parts_->single->active();
}

KeyValue& Client::key_value() {
  if (parts_->cluster) return *parts_->cluster;
  return *parts_->single;
}

const Statistics& Client::statistics() const {
  return parts_->statistics;
}

// To servers, for the subscription, to a sentinel.
size_t Client::connections_max(const Options& options) {
  const Layout layout = options.target.layout;
  const size_t servers = layout == Layout::Cluster ? options.cluster.nodes_max : 1;
  return servers + 1 + (layout == Layout::Sentinel ? 1 : 0);
}

// A subscription and the link to a sentinel take no more than a server each.
size_t Client::memory_max(const Options& options) {
  const bool is_cluster = options.target.layout == Layout::Cluster;
  const size_t key_room = is_cluster ? options.cluster.nodes_max * options.cluster.key_room : 0;
  return sizeof(Parts) + key_room + connections_max(options) * Server::memory_max(options);
}

}  // namespace dotring::cache::redis
