// A line for each client that was refused or limited, with its address: what fail2ban reads.
//
//   client_refused client=192.0.2.1 transport=udp cause=limited left_out=0
//
// refused: its query by an access list or by rule, or its connection by an access list that drops
// it. limited: over its rate, or over the connections of one client. full: its connection, because
// all clients together have too many; that is not to its discredit.
//
// What it is: one per worker, so that nothing is shared; at most so many lines a second, and the
// next line says how many were left out since the last. An address by UDP may be forged: only over
// TCP is it the client's own (the fail2ban filter knows both).

#pragma once

#include "engine/listen/tcp_listener.h"
#include "engine/query/observer.h"
#include "tools/dotring/log/log.h"

namespace dotring::appliance {

class RefusedJournal final : public query::QueryObserver, public listen::RefusalObserver {
 public:
  /// `log` outlives it.
  explicit RefusedJournal(Log& log) : log_(log) {}
  void set_per_second(uint32_t per_second) { per_second_ = per_second; }

  void on_query_ended(const query::QueryAccount& account) override;
  void on_connection_refused(const Endpoint& peer, query::Transport transport,
                             listen::Refusal refusal, uint64_t now_us) override;

 private:
  void tell(const Endpoint& client, query::Transport transport, std::string_view cause,
            uint64_t now_us);
  bool may_write(uint64_t now_us);

  Log& log_;
  uint32_t per_second_ = 0;
  uint64_t second_ = 0;
  uint32_t written_ = 0;  ///< in that second
  uint64_t left_out_ = 0;
};

}  // namespace dotring::appliance
