// A line for each client that was refused or limited, with its address: what fail2ban reads.
//
//   client_refused client=192.0.2.1 transport=udp cause=limited left_out=0
//
// What it is: one per worker, so that nothing is shared; at most so many lines a second, and the
// next line says how many were left out since the last. An address by UDP may be forged: only over
// TCP is it the client's own (the fail2ban filter knows both).

#pragma once

#include "engine/query/observer.h"
#include "tools/dotring/log/log.h"

namespace dotring::appliance {

class RefusedJournal final : public query::QueryObserver {
 public:
  /// `log` outlives it.
  RefusedJournal(Log& log, uint32_t per_second) : log_(log), per_second_(per_second) {}

  void on_query_ended(const query::QueryAccount& account) override;

 private:
  bool may_write(uint64_t now_us);

  Log& log_;
  const uint32_t per_second_;
  uint64_t second_ = 0;
  uint32_t written_ = 0;  ///< in that second
  uint64_t left_out_ = 0;
};

}  // namespace dotring::appliance
