#include "cache/redis/single.h"

namespace dotring::cache::redis {
namespace {

Server::Traits traits_of(const Target& target) {
  Server::Traits traits;
  traits.database = target.database;
  traits.master_only = target.layout == Layout::Sentinel;
  return traits;
}

}  // namespace

Single::Single(const Context& context)
    : context_(context), server_(context, traits_of(context.options.target), *this) {
  if (context.options.target.layout == Layout::Sentinel)
    sentinels_.emplace(context, static_cast<MasterHandler&>(*this));
}

void Single::start() {
  if (sentinels_) {
    sentinels_->start();
  } else {
    server_.start(context_.options.target.addresses.front());
  }
}

void Single::stop() {
  if (sentinels_) sentinels_->stop();
  server_.stop();
}

bool Single::active() const {
  return server_.active() || (sentinels_ && sentinels_->active());
}

std::optional<Address> Single::address() const {
  if (!server_.running()) return std::nullopt;
  return server_.address();
}

bool Single::get(Get& get, Bytes key) {
  if (server_.get(get, key)) return true;
  context_.statistics.gets_refused.add();
  return false;
}

bool Single::set(Bytes key, Bytes value, uint64_t ttl_ms) {
  if (server_.set(key, value, ttl_ms)) return true;
  context_.statistics.sets_dropped.add();
  return false;
}

bool Single::publish(std::string_view channel, Bytes message) {
  if (server_.publish(channel, message)) return true;
  context_.statistics.publishes_dropped.add();
  return false;
}

// ---------------------------------------------------------------------------------------------------
// The master that sentinels name

void Single::on_readable(Server&) {
  if (sentinels_) sentinels_->settled();
}

void Single::on_lost(Server&) {
  if (sentinels_) sentinels_->ask_soon();
}

void Single::on_read_only(Server&) {
  if (sentinels_) sentinels_->ask_soon();
}

void Single::on_master(const Endpoint& master) {
  const Address address{master, ""};
  if (!server_.running() || server_.address() != address) {
    context_.statistics.masters_changed.add();
    context_.tell(Event::Kind::MasterChanged, address, "");
    return server_.start(address);
  }
  if (!server_.readable()) sentinels_->ask_soon();
}

}  // namespace dotring::cache::redis
