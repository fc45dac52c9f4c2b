#include "tools/replay/client_table.h"

#include <algorithm>

namespace dotring::replay {
namespace {

using clients::Client;
using clients::Transport;

size_t kind_of(Transport transport, Lane lane) {
  return lane * 2 + (transport == Transport::Udp ? 0 : 1);
}

Client* with_room(const std::vector<Client*>& clients) {
  const auto found = std::ranges::find_if(clients, &Client::has_room);
  return found == clients.end() ? nullptr : *found;
}

// How many sockets are tried when clients share.
constexpr size_t kSharesMax = 16;

}  // namespace

ClientTable::ClientTable(clients::Crowd& crowd, const Options& options, const HashKey& hash_key,
                         const Owners& owners)
    : crowd_(crowd), options_(options), owners_(owners), slots_(0, KeyHash{hash_key}) {}

ClientTable::Slot& ClientTable::slot_of(const Endpoint& asker) {
  Key key{};
  std::ranges::copy(asker.address.octets, key.begin());
  if (options_.by_port) store_be16(key.data() + 16, asker.port);
  return slots_.try_emplace(key, Slot{static_cast<uint32_t>(slots_.size()), {}}).first->second;
}

Client* ClientTable::pick(const Endpoint& asker, Transport transport, Lane lane) {
  Slot& slot = slot_of(asker);
  const size_t kind = kind_of(transport, lane);
  auto& own = slot.clients[kind];
  if (Client* client = with_room(own)) return client;
  if (Client* added = add(slot, transport, lane)) return added;
  return own.empty() ? share(kind, slot.index) : nullptr;
}

// A failure shows again when the query is due.
void ClientTable::prepare(const Endpoint& asker, Transport transport, Lane lane) {
  Slot& slot = slot_of(asker);
  const auto& own = slot.clients[kind_of(transport, lane)];
  if (own.empty()) {
    add(slot, transport, lane);
  } else if (!own.front()->connected()) {
    own.front()->open();
  }
}

bool ClientTable::connecting() const {
  return std::ranges::any_of(
      clients_, [](const auto& client) { return client->active() && !client->connected(); });
}

Client* ClientTable::add(Slot& slot, Transport transport, Lane lane) {
  const size_t kind = kind_of(transport, lane);
  Client* made = make(slot, transport, lane);
  if (!made) return nullptr;
  slot.clients[kind].push_back(made);
  by_kind_[kind].push_back(made);
  return made;
}

Client* ClientTable::make(const Slot& slot, Transport transport, Lane lane) {
  if (clients_.size() >= options_.sockets_max) {
    if (failure_.empty()) failure_ = "the limit of sockets is reached";
    return nullptr;
  }
  clients::ClientOptions options = options_.servers[lane];
  options.transport = transport;
  options.id_salt = static_cast<uint16_t>(clients_.size() * 40'503);
  if (options_.sources) options.source = options_.sources->address(slot.index);
  auto client = crowd_.make(options, *owners_[lane]);
  if (auto failure = client->open()) {
    failure_ = *failure;
    return nullptr;
  }
  clients_.push_back(std::move(client));
  return clients_.back().get();
}

Client* ClientTable::share(size_t kind, uint32_t index) {
  const auto& others = by_kind_[kind];
  for (size_t i = 0; i < std::min(others.size(), kSharesMax); ++i) {
    Client* client = others[(index + i) % others.size()];
    if (!client->has_room()) continue;
    ++shared_;
    return client;
  }
  return nullptr;
}

void ClientTable::give_up(uint64_t sent_before_ns) {
  // Who is told may send, and so make clients.
  for (size_t i = 0; i < clients_.size(); ++i) clients_[i]->give_up(sent_before_ns);
}

void ClientTable::close() {
  for (auto& client : clients_) client->close();
}

bool ClientTable::active() const {
  return std::ranges::any_of(clients_, [](const auto& client) { return client->active(); });
}

uint64_t ClientTable::answers_dropped() const {
  uint64_t sum = 0;
  for (const auto& client : clients_) sum += client->answers_dropped();
  return sum;
}

}  // namespace dotring::replay
