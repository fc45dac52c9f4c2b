#include "cache/redis/cluster.h"

namespace dotring::cache::redis {

struct Cluster::Node {
  Node(const Context& context, const Server::Traits& traits, ServerHandler& handler)
      : server(context, traits, handler) {}

  Server server;
  bool owns_slots = false;
};

Cluster::Cluster(const Context& context)
    : context_(context), backoff_(context.options.cluster.refresh) {
  owners_.fill(kNobody);
  refresh_timer_.bind<&Cluster::refresh>(this);
}

Cluster::~Cluster() = default;

void Cluster::start() {
  running_ = true;
  connect_seeds();
}

void Cluster::stop() {
  running_ = false;
  refresh_timer_.cancel();
  owners_.fill(kNobody);
  for (const auto& node : nodes_) node->server.stop();
}

bool Cluster::active() const {
  for (const auto& node : nodes_) {
    if (node->server.active()) return true;
  }
  return false;
}

// ---------------------------------------------------------------------------------------------------
// Commands

Server* Cluster::owner_of(Bytes key) {
  const uint16_t owner = owners_[slot_of(key)];
  return owner == kNobody ? nullptr : &nodes_[owner]->server;
}

bool Cluster::get(Get& get, Bytes key) {
  Server* server = owner_of(key);
  if (server && server->get(get, key)) return true;
  context_.statistics.gets_refused.add();
  return false;
}

bool Cluster::set(Bytes key, Bytes value, uint64_t ttl_ms) {
  Server* server = owner_of(key);
  if (server && server->set(key, value, ttl_ms)) return true;
  context_.statistics.sets_dropped.add();
  return false;
}

// Any node hands it on to all.
bool Cluster::publish(std::string_view channel, Bytes message) {
  Server* server = readable_node();
  if (server && server->publish(channel, message)) return true;
  context_.statistics.publishes_dropped.add();
  return false;
}

bool Cluster::ask_again(Get& get, Bytes key, const Redirection& redirection, uint8_t redirects) {
  if (!running_ || redirects >= context_.options.cluster.redirects_max) return false;
  const uint16_t node = find_or_add(redirection.endpoint);
  if (node == kNobody) return false;
  const bool asked =
      nodes_[node]->server.get(get, key, redirection.ask, static_cast<uint8_t>(redirects + 1));
  if (asked) context_.statistics.asked_again.add();
  return asked;
}

// ---------------------------------------------------------------------------------------------------
// Nodes

Server* Cluster::readable_node() {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    next_ = (next_ + 1) % nodes_.size();
    if (nodes_[next_]->server.readable()) return &nodes_[next_]->server;
  }
  return nullptr;
}

std::optional<Address> Cluster::address() {
  if (const Server* server = readable_node()) return server->address();
  const auto& seeds = context_.options.target.addresses;
  next_ = (next_ + 1) % seeds.size();
  return seeds[next_];
}

/// kNobody when there is no room for one more.
uint16_t Cluster::find_or_add(const Endpoint& endpoint) {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Server& server = nodes_[i]->server;
    if (server.running() && server.address().endpoint == endpoint) return static_cast<uint16_t>(i);
  }
  const uint16_t free = free_node();
  if (free != kNobody) nodes_[free]->server.start({endpoint, ""});
  return free;
}

uint16_t Cluster::free_node() {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i]->server.active()) return static_cast<uint16_t>(i);
  }
  if (nodes_.size() >= context_.options.cluster.nodes_max) return kNobody;
  Server::Traits traits;
  traits.key_room = context_.options.cluster.key_room;
  nodes_.push_back(std::make_unique<Node>(context_, traits, static_cast<ServerHandler&>(*this)));
  return static_cast<uint16_t>(nodes_.size() - 1);
}

void Cluster::connect_seeds() {
  for (const Address& seed : context_.options.target.addresses) find_or_add(seed.endpoint);
}

// Nodes to begin with that turned out to be replicas, nodes that lost all their slots.
void Cluster::leave_unused_nodes(bool at_once) {
  const uint64_t idle_us = context_.options.cluster.node_idle_ms * 1000;
  for (const auto& node : nodes_) {
    const bool idle = context_.now_us() - node->server.last_used_us() >= idle_us;
    if (!node->owns_slots && (idle || at_once)) node->server.stop();
  }
}

void Cluster::on_readable(Server&) {
  if (!complete()) refresh_soon();
}

void Cluster::on_lost(Server& server) {
  if (asked_ == &server) asked_ = nullptr;
  refresh_soon();
}

// ---------------------------------------------------------------------------------------------------
// The map

/// Each slot has a node, and all of these answer.
bool Cluster::complete() const {
  for (const uint16_t owner : owners_) {
    if (owner == kNobody || !nodes_[owner]->server.readable()) return false;
  }
  return true;
}

// Thousands of redirections may come in one turn: they ask for one map.
void Cluster::refresh_soon() {
  if (!running_ || asked_) return;
  const uint64_t now_ms = context_.now_ms();
  const uint64_t due_ms =
      asked_ms_ == 0 ? now_ms : asked_ms_ + context_.options.cluster.refresh.first_ms;
  if (refresh_timer_.armed() && refresh_timer_.due_ms() <= due_ms) return;
  context_.arm(refresh_timer_, std::max(due_ms, now_ms));
}

void Cluster::refresh() {
  Server* server = readable_node();
  if (server && server->control(Command("CLUSTER", "SLOTS"))) {
    asked_ = server;
    asked_ms_ = context_.now_ms();
    return;
  }
  connect_seeds();
  context_.arm_in(refresh_timer_, backoff_.failed(context_.random));
}

void Cluster::on_control(Server& server, const Reply* reply) {
  if (asked_ == &server) asked_ = nullptr;
  if (!running_) return;
  const auto ranges = reply ? parse_slot_map(*reply, server.address().endpoint) : std::nullopt;
  if (reply && !ranges) {
    const std::string detail(reply->is(ReplyType::Error) ? reply->text() : "no map of slots");
    context_.tell(Event::Kind::Refused, server.address(), detail);
  }
  if (ranges) apply(*ranges);
  const bool good = ranges && complete();
  if (good) backoff_.succeeded();
  context_.arm_in(refresh_timer_, good ? context_.options.cluster.refresh_every_ms
                                       : backoff_.failed(context_.random));
}

void Cluster::apply(const std::vector<SlotRange>& ranges) {
  context_.statistics.map_refreshes.add();
  const Owners before = owners_;
  owners_.fill(kNobody);
  for (const auto& node : nodes_) node->owns_slots = false;
  bool all_found = true;
  for (const SlotRange& range : ranges) {
    const uint16_t node = find_or_add(range.master);
    all_found = all_found && node != kNobody;
    if (node != kNobody) nodes_[node]->owns_slots = true;
    for (uint32_t slot = range.first; slot <= range.last; ++slot) owners_[slot] = node;
  }
  leave_unused_nodes(!all_found);
  if (owners_ == before) return;
  const std::string detail = all_found ? "" : "more nodes than connections are allowed";
  context_.tell(Event::Kind::MapChanged, context_.options.target.addresses.front(), detail);
}

void Cluster::on_cluster_error(Server& server, std::string_view error) {
  if (!running_) return;
  const auto moved = parse_redirection(error, server.address().endpoint);
  if (moved && !moved->ask) {
    const uint16_t node = find_or_add(moved->endpoint);
    if (node != kNobody) {
      nodes_[node]->owns_slots = true;
      owners_[moved->slot] = node;
    }
  }
  refresh_soon();
}

}  // namespace dotring::cache::redis
