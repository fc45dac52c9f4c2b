// What is remembered of a client's query while it waits for an answer: enough to write its reply.
//
// The question itself is the resolution's; of the name as it was asked only the case differs
// (0x20), so one bit per octet stands for it.
//
// Invariant: view(key) gives the same replies as the view of the query it was made from.

#pragma once

#include <array>

#include "engine/query/recipient.h"

namespace dotring::query {

/// Which octets of a name were asked in upper case.
class AskedCase {
 public:
  explicit AskedCase(Bytes name);
  /// Puts the case back into a name in lower case.
  void apply(MutableBytes name) const;

 private:
  static constexpr size_t kBits = 64;
  std::array<uint64_t, (dns::kNameSizeMax + kBits) / kBits> upper_{};
};

class Asker {
 public:
  /// Its message is not kept.
  explicit Asker(const Recipient& to);

  ReplyPort& port() const { return *port_; }
  const ReplyTo& reply_to() const { return reply_to_; }
  Transport transport() const { return transport_; }
  bool proven() const { return proven_; }
  const Endpoint& client() const { return client_; }
  /// For its reply; empty: none.
  Bytes cookie() const { return Bytes(cookie_).first(cookie_size_); }

  /// The query as it was, its options apart from padding and keepalive left out. `name` is room
  /// for the question's name, and lives as long as the view.
  dns::QueryView view(const dns::QuestionKey& key,
                      std::array<uint8_t, dns::kNameSizeMax>& name) const;

 private:
  ReplyPort* port_;
  ReplyTo reply_to_;
  AskedCase asked_case_;
  Endpoint client_;
  uint16_t id_;
  uint16_t flags_;
  uint16_t udp_size_;
  Transport transport_;
  bool proven_;
  uint8_t cookie_size_;
  std::array<uint8_t, 24> cookie_{};
  bool has_opt_ : 1;
  bool dnssec_ok_ : 1;
  bool padding_ : 1;
  bool keepalive_ : 1;
};

}  // namespace dotring::query
