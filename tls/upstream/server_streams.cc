// The streams of one server: opened, kept ready, replaced, closed.

#include <algorithm>
#include <cassert>

#include "tls/upstream/server.h"

namespace dotring::upstream {
namespace {

// Besides the streams in use: one that replaces another, and one that is still closing.
constexpr size_t kSpareSlots = 2;

}  // namespace

Server::Server(const Options& options, const ServerOptions& server, size_t index,
               const TurnTime& time, const HashKey& seed, std::unique_ptr<Dialer> dialer,
               ServerHandler& handler)
    : options_(options),
      server_(server),
      index_(index),
      time_(time),
      random_(seed),
      dialer_(std::move(dialer)),
      handler_(handler),
      health_(options.health),
      idle_limit_(options.idle_limit),
      round_trip_(options.hedge_percentile),
      window_(options.connection.ids_max),
      last_question_us_(time.now_us()) {
  retry_.bind<&Server::on_retry>(this);
  add_slots();
}

void Server::add_slots() {
  while (slots_.size() < options_.connections + kSpareSlots) {
    add_slot(slots_, Slot::Use::All, options_.connection);
  }
  add_slots_apart();
}

// Streams above a smaller limit close when what is in flight on them is answered.
void Server::options_changed(size_t index) {
  index_ = index;
  if (draining_) return;
  health_.set_options(options_.health);
  idle_limit_.set_options(options_.idle_limit);
  round_trip_.set_percentile(options_.hedge_percentile);
  for (const auto& slot : slots_) slot->connection.set_options(options_.connection);
  for (const auto& slot : slots_apart_) slot->connection.set_options(options_apart());
  add_slots();
  size_t open = 0;
  for (const auto& slot : slots_) {
    if (slot->connection.open() && ++open > options_.connections) slot->connection.drain();
  }
}

void Server::add_slot(Slots& slots, Slot::Use use, const ConnectionOptions& options) {
  ConnectionHandler& handler = *this;
  slots.add(std::make_unique<Slot>(root_, use, options, time_, random_, *dialer_, idle_limit_,
                                   statistics_, handler));
}

Slot& Server::slot_of(const Connection& connection) {
  Slot* slot = slots_.of(connection);
  if (!slot) slot = slots_apart_.of(connection);
  assert(slot);
  return *slot;
}

// Those in use or on their way; one that is being replaced does not count.
size_t Server::streams() const {
  const auto renewing = std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) {
    return slot->renewing && slot->connection.open();
  });
  return slots_.count(Connection::State::Open) + slots_.count(Connection::State::Connecting) -
         static_cast<size_t>(renewing);
}

// ---------------------------------------------------------------------------------------------------
// Opening

void Server::start() {
  connect();
}

void Server::want_stream() {
  if (draining_ || failing() || retry_.armed() || slot_wanted_) return;
  if (slots_.count(Connection::State::Connecting) > 0) return;
  if (streams() < options_.connections || replace_spent()) connect();
}

// Otherwise names that are never answered would keep all others away until quarantines end: the
// ids of another stream are free.
bool Server::replace_spent() {
  for (const auto& slot : slots_) {
    if (slot->renewing || !slot->connection.spent()) continue;
    slot->renewing = true;
    return true;
  }
  return false;
}

void Server::connect() {
  Slot* slot = slots_.closed();
  slot_wanted_ = slot == nullptr;
  last_tried_us_ = time_.now_us();
  if (slot) connect(*slot);
}

void Server::connect(Slot& slot) {
  if (statistics_.connects.value() > 0 && slots_.count(Connection::State::Open) == 0) {
    statistics_.reconnects.add();
  }
  statistics_.connects.add();
  slot.connection.connect();
}

void Server::on_free(Connection& connection) {
  if (slot_of(connection).apart) return handler_.on_room();
  if (slot_wanted_ && !draining_) connect();
}

void Server::on_connection_open(Connection& connection) {
  (connection.resumed() ? statistics_.handshakes_resumed : statistics_.handshakes_full).add();
  const bool must_prove_itself = health_.opened();
  statistics_.state.set(static_cast<uint64_t>(state()));
  retry_.cancel();
  Slot& slot = slot_of(connection);
  if (slot.apart) apart_refused_ = false;
  // The retry, cancelled above, would have opened the stream that is kept ready.
  if (slot.apart) keep_warm();
  if (must_prove_itself) slot.proving = probe(slot);
  drain_replaced();
  end_surplus();
  handler_.on_stream();
}

// Several were tried at the same time.
void Server::end_surplus() {
  for (const auto& slot : slots_) {
    const bool connecting = slot->connection.state() == Connection::State::Connecting;
    if (connecting && streams() > options_.connections) slot->connection.drain();
  }
}

// ---------------------------------------------------------------------------------------------------
// Kept ready

// The last one is kept, the others are not needed while nobody asks.
void Server::on_idle(Connection& connection) {
  Slot& slot = slot_of(connection);
  if (slot.renewing || draining_) return;
  const bool wanted = !slot.apart && streams() == 1 && warm_wanted();
  if (!wanted || !keep_open(slot)) connection.drain();
}

// A question costs both sides a hundredth of the handshake of another stream.
bool Server::keep_open(Slot& slot) {
  if (!probe(slot)) return false;
  slot.keeping_open = true;
  statistics_.keepalives.add();
  idle_limit_.reached();
  return true;
}

void Server::drain_replaced() {
  for (const auto& slot : slots_) {
    if (slot->renewing) slot->connection.drain();
  }
}

void Server::keep_warm() {
  const bool wanted = !draining_ && warm_wanted();
  if (wanted && !failing() && !retry_.armed() && !slot_wanted_ && streams() == 0) connect();
}

bool Server::warm_wanted() const {
  if (!idle_limit_.worth_keeping()) return false;
  if (options_.warm_for_ms == 0) return true;
  return time_.now_us() - last_question_us_ <= options_.warm_for_ms * 1000;
}

// ---------------------------------------------------------------------------------------------------
// After failures

void Server::hasten() {
  if (!failing() || draining_) return;
  const uint64_t retry_ms = health_.retry_ms_max();
  if (time_.now_us() - last_tried_us_ < retry_ms * 1000) return retry_in(retry_ms);
  may_be_back_ = true;
  time_.arm_in(retry_, 0);
}

/// An earlier retry stays.
void Server::retry_in(uint64_t delay_ms) {
  if (retry_.armed() && retry_.due_ms() <= time_.now_ms() + delay_ms) return;
  time_.arm_in(retry_, delay_ms);
}

// In a hurry the next attempt does not wait for the end of this one: a SYN that was lost while the
// server was away is sent again much too late.
void Server::on_retry() {
  if (draining_) return;
  if (!handler_.in_a_hurry()) {
    if (streams() == 0) connect();
    return handler_.on_room();  // for those that are kept apart
  }
  if (!slots_.closed()) end_oldest_connecting();
  connect();
  retry_in(health_.retry_ms_max());
}

void Server::end_oldest_connecting() {
  Connection* oldest = nullptr;
  for (const auto& slot : slots_) {
    Connection& connection = slot->connection;
    if (connection.state() != Connection::State::Connecting) continue;
    const bool older = !oldest || connection.started_us() < oldest->started_us();
    if (older) oldest = &connection;
  }
  if (oldest) oldest->end(EndCause::ConnectFailed, "no connection in time");
}

// ---------------------------------------------------------------------------------------------------
// The end

void Server::drain() {
  draining_ = true;
  retry_.cancel();
  for (const auto& slot : slots_) slot->connection.drain();
  end_apart();
}

void Server::abort() {
  draining_ = true;
  retry_.cancel();
  for (const Slots* slots : {&slots_, &slots_apart_}) {
    for (const auto& slot : *slots) {
      const Connection::State state = slot->connection.state();
      if (state == Connection::State::Closed || state == Connection::State::Closing) continue;
      slot->connection.end(EndCause::Local, "ended");
    }
  }
}

bool Server::closed() const {
  return slots_.all_closed() && slots_apart_.all_closed();
}

}  // namespace dotring::upstream
