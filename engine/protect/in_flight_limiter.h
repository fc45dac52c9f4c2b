// How many queries of one client may be in flight, by all workers and transports together.
//
// What it is: counters by hash in two rows; a client's number is the smaller of its two, so it is
// never counted too low. It is counted too high only where both of its counters are shared with
// clients that have much in flight themselves, which nobody can cause without the key. What it is
// not: a table of clients. Its size is fixed, whoever comes.
//
// Invariant: each enter() that gave true is followed by one leave(); a client has at most `max` in
// flight.

#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "engine/protect/client_networks.h"

namespace dotring::protect {

class InFlightLimiter {
 public:
  struct Options {
    uint32_t client_in_flight_max = 0;  ///< 0: no limit, and no limiter is needed
  };
  static constexpr size_t kRows = 2;
  static constexpr size_t kCountersOfRow = size_t{1} << 16;

  InFlightLimiter(const Options& options, const ClientNetworks::Options& clients,
                  const HashKey& key);

  // From any thread.

  /// False: this client has as many as it may.
  bool enter(const IpAddress& client);
  void leave(const IpAddress& client);

  /// Octets, for the sum printed at start.
  static uint64_t memory_max(const Options& options);

 private:
  using Row = std::array<std::atomic<uint32_t>, kCountersOfRow>;
  using Counters = std::array<std::atomic<uint32_t>*, kRows>;

  Counters counters_of(const IpAddress& client) const;

  const uint32_t max_;
  const ClientNetworks clients_;
  const std::unique_ptr<std::array<Row, kRows>> rows_;
};

}  // namespace dotring::protect
