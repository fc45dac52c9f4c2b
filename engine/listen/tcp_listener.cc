#include "engine/listen/tcp_listener.h"

#include "engine/io/socket_address.h"

namespace dotring::listen {
namespace {

/// What ReplyTo holds here.
struct SessionPlace {
  uint32_t index;
  uint32_t generation;
};

SessionPlace place_of(const query::ReplyTo& to) {
  SessionPlace place;
  std::memcpy(&place, to.opaque.data(), sizeof place);
  return place;
}

}  // namespace

TcpListener::TcpListener(io::Loop& loop, const Options& options, SessionLimits& limits,
                         StreamFactory& streams, query::QueryHandler& handler)
    : loop_(loop),
      options_(options),
      limits_(limits),
      streams_(streams),
      handler_(&handler),
      acceptor_(loop, options.acceptor),
      turn_latency_(loop, statistics_.turn_us),
      sessions_(limits.options().connections_max) {
  acceptor_.set_handler(this);
}

size_t TcpListener::memory_max(uint32_t connections_max) {
  return connections_max * (Slab<ClientSession>::memory_of_one() + sizeof(io::TcpStream));
}

// The kernel may have accepted before it was told to stop.
void TcpListener::on_accepted(int descriptor, const Endpoint& peer) {
  if (heir_) return heir_->inherit(descriptor, {});
  if (ending_ || !admit(descriptor, peer)) io::Acceptor::refuse(descriptor);
}

/// Null: this client, or any client, may not; the descriptor is still the caller's.
ClientSession* TcpListener::admit(int descriptor, const Endpoint& peer) {
  if (const auto refusal = take_place(peer.address)) {
    counter_of(*refusal).add();
    if (refusal_observer_) {
      refusal_observer_->on_connection_refused(peer, options_.transport, *refusal, loop_.now_us());
    }
    return nullptr;
  }
  statistics_.accepted.add();
  ClientSession* session =
      sessions_.take(loop_, options_.session, limits_, static_cast<SessionOwner&>(*this),
                     statistics_, streams_.make(descriptor), peer);
  statistics_.sessions_open.set(sessions_.used());
  return session;
}

/// Null: it has one.
std::optional<Refusal> TcpListener::take_place(const IpAddress& client) {
  if (options_.access && options_.access->of(client) == protect::Access::Drop) {
    return Refusal::Access;
  }
  switch (limits_.enter(client)) {
    case SessionLimits::Entry::Entered:
      return std::nullopt;
    case SessionLimits::Entry::ClientFull:
      return Refusal::Client;
    case SessionLimits::Entry::Full:
      break;
  }
  return Refusal::Full;
}

Counter& TcpListener::counter_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::Access:
      return statistics_.refused_access;
    case Refusal::Client:
      return statistics_.refused_client;
    case Refusal::Full:
      break;
  }
  return statistics_.refused_full;
}

void TcpListener::inherit(int descriptor, Bytes unread) {
  if (heir_) return heir_->inherit(descriptor, unread);
  ClientSession* session = ending_ ? nullptr : admit(descriptor, io::peer_endpoint(descriptor));
  if (!session) return io::Acceptor::refuse(descriptor);
  if (!unread.empty()) session->begin_with(unread);
}

void TcpListener::on_session_handed_over(ClientSession& session, int descriptor, Bytes unread) {
  on_session_closed(session);
  heir_->inherit(descriptor, unread);
}

void TcpListener::on_message(ClientSession& session, Bytes message) {
  query::ClientQuery query;
  query.message = message;
  query.transport = options_.transport;
  query.client = session.peer();
  query.listener = options_.number;
  const uint32_t index = sessions_.index_of(&session);
  const SessionPlace place{index, sessions_.generation_of(index)};
  std::memcpy(query.reply_to.opaque.data(), &place, sizeof place);
  ++in_flight_;
  const uint64_t replies = statistics_.replies.value();
  handler_->handle(*this, query);
  turn_latency_.add(statistics_.replies.value() - replies);
}

void TcpListener::on_session_closed(ClientSession& session) {
  statistics_.closed[static_cast<size_t>(session.end())].add();
  limits_.leave(session.peer().address);
  sessions_.give_back(&session);
  statistics_.sessions_open.set(sessions_.used());
}

ClientSession* TcpListener::session_of(const query::ReplyTo& to) {
  const SessionPlace place = place_of(to);
  return sessions_.find(place.index, place.generation);
}

MutableBytes TcpListener::reserve_reply(const query::ReplyTo& to, size_t size_max) {
  ClientSession* session = session_of(to);
  return session ? session->reserve_reply(size_max) : MutableBytes();
}

void TcpListener::send_reply(const query::ReplyTo& to, size_t size) {
  --in_flight_;
  if (ClientSession* session = session_of(to)) session->send_reply(size);
}

void TcpListener::drop_reply(const query::ReplyTo& to) {
  --in_flight_;
  ClientSession* session = session_of(to);
  if (!session) return statistics_.replies_late.add();
  session->drop_reply();
}

template <typename Visit>
void TcpListener::for_each_session(Visit&& visit) {
  for (uint32_t i = 0; i < sessions_.capacity(); ++i) {
    if (sessions_.in_use(i)) visit(*sessions_.at(i));
  }
}

void TcpListener::drain() {
  ending_ = true;
  acceptor_.finish();
  for_each_session([](ClientSession& session) { session.finish(SessionEnd::Drain); });
}

void TcpListener::hand_over(ConnectionHeir& heir) {
  heir_ = &heir;
  ending_ = true;
  acceptor_.stop();
  for_each_session([](ClientSession& session) { session.hand_over(); });
}

void TcpListener::abort() {
  ending_ = true;
  acceptor_.stop();
  for_each_session([](ClientSession& session) { session.abort(SessionEnd::Local); });
}

}  // namespace dotring::listen
