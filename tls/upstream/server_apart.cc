// Streams for questions that are kept apart, because they were lost with others more than once
// (inquiry.h): few, opened when such a question waits, closed when none does any more.
//
// Invariant: a stream apart carries no more questions than each of them allows. What happens on it
// says nothing of the server: only those that do not open count as its failures.

#include <algorithm>

#include "tls/upstream/server.h"

namespace dotring::upstream {

ConnectionOptions Server::options_apart() const {
  ConnectionOptions connection = options_.connection;
  connection.ids_max = std::min<uint32_t>(connection.ids_max, kCompanyMax);
  return connection;
}

void Server::add_slots_apart() {
  while (slots_apart_.size() < options_.connections_apart) {
    add_slot(slots_apart_, Slot::Use::Apart, options_apart());
  }
}

// Where the server does not give streams apart, one that carries nothing has to do.
Connection* Server::pick_apart(std::span<const Attempt> attempts, uint16_t company) {
  const bool none_apart = apart_refused_ || slots_apart_.empty();
  for (const auto& slot : none_apart ? slots_ : slots_apart_) {
    Connection& connection = slot->connection;
    const size_t most = slot->apart ? slot->company_with(company) : 1;
    if (slot->proving || slot->in_doubt() || !connection.can_ask(most)) continue;
    if (!carries(attempts, connection)) return &connection;
  }
  return nullptr;
}

void Server::want_stream_apart() {
  if (draining_ || failing() || retry_.armed()) return;
  if (slots_apart_.count(Connection::State::Connecting) > 0) return;
  // There may be more places than streams are allowed now.
  if (slots_apart_.count(Connection::State::Open) >= options_.connections_apart) return;
  if (Slot* slot = slots_apart_.closed()) connect(*slot);
}

void Server::end_apart() {
  for (const auto& slot : slots_apart_) slot->connection.drain();
}

void Server::judge_apart(const Ending& ending) {
  if (never_opened(ending.cause)) {
    apart_refused_ = true;
    return failed(ending.cause, ending.detail);
  }
  if (ending.lost_count == 0) return;
  switch (ending.cause) {
    case EndCause::Garbage:
      return statistics_.streams_garbage.add();
    case EndCause::Silent:
      return statistics_.streams_silent.add();
    case EndCause::PeerClosed:
    case EndCause::Lost:
      return statistics_.streams_lost.add();
    default:
      return;
  }
}

}  // namespace dotring::upstream
