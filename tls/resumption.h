// TLS sessions of one server that can be resumed: a few tickets, each used once (RFC 8446, C.4).
//
// One store per server, trust and thread: a ticket stands for a peer that was verified, so a store
// must never serve two trusts. Tickets are kept serialized (2 to 5 KB each, secrets inside, wiped
// when dropped): wolfSSL's own session object takes 40 KB and shares references with its
// connection.
//
// Invariant: size() <= capacity; the newest is taken first, the oldest is dropped first.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace dotring::tls {

class TicketStore {
 public:
  using Ticket = std::vector<uint8_t>;

  static constexpr size_t kCapacity = 4;

  explicit TicketStore(size_t capacity = kCapacity) : capacity_(capacity) {}
  ~TicketStore() { clear(); }
  TicketStore(const TicketStore&) = delete;
  TicketStore& operator=(const TicketStore&) = delete;

  size_t size() const { return tickets_.size(); }
  void clear();

  void put(Ticket ticket);
  /// Empty when there is none. The caller wipes it after use.
  Ticket take();

  static void wipe(Ticket& ticket);

 private:
  const size_t capacity_;
  std::deque<Ticket> tickets_;
};

}  // namespace dotring::tls
