// What the tests of tls share: identities made once, contexts, and two sessions that talk through
// memory.

#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "tls/context.h"
#include "tls/self_signed.h"
#include "tls/session.h"

namespace dotring::tls {

inline constexpr uint64_t kDayS = 86400;

inline uint64_t now_s() {
  return static_cast<uint64_t>(std::time(nullptr));
}

inline IdentityOptions identity_options() {
  IdentityOptions options;
  options.common_name = "dot.example";
  options.dns_names = {"dot.example", "*.wild.example"};
  options.addresses = {*IpAddress::parse("127.0.0.1"), *IpAddress::parse("2001:db8::53")};
  options.not_before_s = now_s() - kDayS;
  options.not_after_s = now_s() + 30 * kDayS;
  return options;
}

inline Identity identity_of(const IdentityOptions& options) {
  Identity identity;
  const auto failure = make_identity(options, identity);
  EXPECT_FALSE(failure) << *failure;
  return identity;
}

/// Made once per program: keys are not what is tested.
inline const Identity& good_identity() {
  static const Library library;
  static const Identity identity = identity_of(identity_options());
  return identity;
}

inline ServerOptions server_options(const Identity& identity = good_identity()) {
  ServerOptions options;
  options.certificate_pem = identity.certificate_pem;
  options.key_pem = identity.key_pem;
  return options;
}

inline ClientOptions client_options(const Identity& identity = good_identity()) {
  ClientOptions options;
  options.ca_pem = identity.authority_pem;
  return options;
}

inline std::unique_ptr<ServerContext> server_context(
    const ServerOptions& options = server_options()) {
  auto context = std::make_unique<ServerContext>();
  const auto failure = context->open(options);
  EXPECT_FALSE(failure) << failure->text();
  return context;
}

inline std::unique_ptr<ClientContext> client_context(
    const ClientOptions& options = client_options()) {
  auto context = std::make_unique<ClientContext>();
  const auto failure = context->open(options);
  EXPECT_FALSE(failure) << failure->text();
  return context;
}

inline Trust trust_in(std::string name) {
  Trust trust;
  trust.authentication_name = std::move(name);
  return trust;
}

/// One end of a connection: a session, and the ciphertext that it has written.
struct End {
  template <typename... Arguments>
  explicit End(const Arguments&... arguments) : session(arguments...) {}

  /// Everything that `ciphertext` makes the session do; plaintext goes to `received`.
  void take(Bytes ciphertext) {
    step([&](MutableBytes& output) { session.handshake(ciphertext, output); });
    while (session.state() == Session::State::Open) {
      std::vector<uint8_t> plaintext(Session::kRecordMax);
      size_t size = 0;
      step([&](MutableBytes& output) { size = session.read(ciphertext, output, plaintext); });
      if (size == 0) break;
      received.append(plaintext.begin(), plaintext.begin() + static_cast<ptrdiff_t>(size));
    }
  }
  void write(std::string_view text) {
    bool done = false;
    step([&](MutableBytes& output) { done = session.write(bytes_of(text), output); });
    EXPECT_TRUE(done);
  }
  void close() {
    step([&](MutableBytes& output) { session.close(output); });
  }
  std::vector<uint8_t> take_sent() { return std::exchange(sent, {}); }

  Session session;
  std::vector<uint8_t> sent;
  std::string received;
  size_t room_at_a_time = Session::kControlRoom;

 private:
  template <typename Step>
  void step(Step call) {
    collect(call);
    while (session.wants_room()) collect([&](MutableBytes& output) { session.drain(output); });
  }
  template <typename Step>
  void collect(Step call) {
    std::vector<uint8_t> room(room_at_a_time);
    MutableBytes output(room);
    call(output);
    sent.insert(sent.end(), room.begin(), room.end() - static_cast<ptrdiff_t>(output.size()));
  }
};

/// Carries bytes between the two until neither has more to say.
inline void converse(End& client, End& server, size_t bytes_at_a_time = SIZE_MAX) {
  client.take({});
  while (!client.sent.empty() || !server.sent.empty()) {
    for (End* from : {&client, &server}) {
      End& to = from == &client ? server : client;
      const std::vector<uint8_t> flight = from->take_sent();
      for (size_t at = 0; at < flight.size();) {
        const size_t size = std::min(bytes_at_a_time, flight.size() - at);
        to.take(Bytes(flight).subspan(at, size));
        at += size;
      }
    }
  }
}

}  // namespace dotring::tls
