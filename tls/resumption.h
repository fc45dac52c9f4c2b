// TLS sessions of one server that can be resumed: a few tickets, each used once (RFC 8446, C.4).
//
// One store per server, trust and thread. The newest ticket is taken first; when the store is full the oldest
// is dropped.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

struct WOLFSSL_SESSION;

namespace dotring::tls {

class TicketStore {
 public:
  /// `capacity`: tickets kept, about 3 KB each.
  explicit TicketStore(size_t capacity = 4) : capacity_(capacity) {}
  ~TicketStore() { clear(); }
  TicketStore(const TicketStore&) = delete;
  TicketStore& operator=(const TicketStore&) = delete;

  size_t size() const { return tickets_.size(); }
  void clear();

  /// Used by Session: takes ownership of one reference, and gives it (null when there is none).
  void put(WOLFSSL_SESSION* session);
  WOLFSSL_SESSION* take();

 private:
  size_t capacity_;
  std::deque<WOLFSSL_SESSION*> tickets_;
};

}  // namespace dotring::tls
