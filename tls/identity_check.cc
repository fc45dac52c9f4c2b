#include "tls/identity_check.h"

#include <vector>

#include "tls/session.h"

namespace dotring::tls {
namespace {

// Gives the session what the other end wrote; returns what it writes.
std::vector<uint8_t> step(Session& session, Bytes input) {
  std::vector<uint8_t> room(Session::kControlRoom);
  MutableBytes output(room);
  session.handshake(input, output);
  room.resize(room.size() - output.size());
  if (!session.wants_room()) return room;
  std::vector<uint8_t> rest(session.bytes_kept());
  output = rest;
  session.drain(output);
  room.insert(room.end(), rest.begin(), rest.end());
  return room;
}

bool handshaking(const Session& session) {
  return session.state() == Session::State::Handshaking;
}

}  // namespace

std::optional<std::string> check_identity(const ServerContext& server_context) {
  ClientOptions options;
  options.trust_anchors = false;
  ClientContext client_context;
  if (auto failure = client_context.open(options)) return failure->text();
  Trust trust;
  trust.opportunistic = true;
  Session client(client_context, trust, nullptr);
  Session server(server_context);
  std::vector<uint8_t> flight = step(client, {});
  while (!flight.empty() && (handshaking(client) || handshaking(server))) {
    flight = step(server, flight);
    flight = step(client, flight);
  }
  if (server.state() == Session::State::Open) return std::nullopt;
  return client.state() == Session::State::Failed ? client.failure().text : server.failure().text;
}

}  // namespace dotring::tls
