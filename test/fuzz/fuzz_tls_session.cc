// A client session in its handshake, against hostile bytes: whatever arrives, however it is split,
// it never opens, never gives plaintext, and keeps no more than it was made to say.
//
// The first octet says how the rest is split, as in fuzz_framing, and its top bit which end is
// attacked: a client (0) or a server (1).

#include <cassert>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tls/context.h"
#include "tls/self_signed.h"
#include "tls/session.h"

namespace dotring::tls {
namespace {

// Made once: the sessions are what is attacked.
struct Target {
  Library library;
  Identity identity;
  ClientContext client;
  ServerContext server;
  Trust trust;

  Target() {
    IdentityOptions options;
    options.dns_names = {"dot.example"};
    options.not_before_s = 1'600'000'000;
    options.not_after_s = 2'400'000'000;
    const auto no_identity = make_identity(options, identity);
    ServerOptions server_options;
    server_options.certificate_pem = identity.certificate_pem;
    server_options.key_pem = identity.key_pem;
    const auto no_server = server.open(server_options);
    ClientOptions client_options;
    client_options.ca_pem = identity.authority_pem;
    const auto no_client = client.open(client_options);
    assert(!no_identity && !no_server && !no_client);
    trust.authentication_name = "dot.example";
  }
};

void drive(Session& session, Bytes piece) {
  std::vector<uint8_t> room(Session::kControlRoom);
  MutableBytes output(room);
  session.handshake(piece, output);
  assert(session.bytes_kept() < 65536);
  while (session.wants_room()) {
    output = room;
    session.drain(output);
  }
}

void attack(Session& session, Bytes bytes, uint8_t pattern) {
  size_t step = pattern;
  for (size_t at = 0; at < bytes.size(); ++step) {
    const size_t size = std::min(bytes.size() - at, 1 + step * (pattern | 1) % 512);
    // A copy of its own: nothing may refer to a piece after its call.
    const std::vector<uint8_t> piece(bytes.begin() + static_cast<ptrdiff_t>(at),
                                     bytes.begin() + static_cast<ptrdiff_t>(at + size));
    drive(session, piece);
    at += size;
  }
}

}  // namespace
}  // namespace dotring::tls

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dotring;
  static const auto target = std::make_unique<tls::Target>();
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  std::unique_ptr<tls::Session> session;
  if (data[0] & 0x80) {
    session = std::make_unique<tls::Session>(target->server);
  } else {
    session = std::make_unique<tls::Session>(target->client, target->trust, nullptr);
    tls::drive(*session, {});
  }
  tls::attack(*session, bytes, data[0] & 0x7f);
  // The handshake needs keys that nobody outside has.
  assert(session->state() != tls::Session::State::Open);
  return 0;
}
