// What the connections of one worker to its Redis count: one writer, its thread; readable from any.

#pragma once

#include <array>

#include "engine/base/counter.h"
#include "engine/base/histogram.h"

namespace dotring::cache::redis {

/// What an error reply means for us.
enum class ErrorKind : uint8_t {
  Full,      ///< -OOM, -MISCONF, -NOREPLICAS: nothing can be written
  ReadOnly,  ///< -READONLY: a replica
  Loading,   ///< -LOADING, -MASTERDOWN, -BUSY: not ready
  Refused,   ///< -NOAUTH, -WRONGPASS, -NOPERM: our credentials
  Cluster,   ///< -CLUSTERDOWN, -TRYAGAIN, -CROSSSLOT
  Moved,     ///< -MOVED
  Ask,       ///< -ASK
  Other,
};
constexpr size_t kErrorKinds = 8;
const char* to_text(ErrorKind kind);

/// Why a server is not asked (reads), or nothing is stored there (writes).
enum class Cause : uint8_t {
  None,      ///< it is
  Gone,      ///< no connection
  Silent,    ///< no replies
  Slow,      ///< replies too late
  Loading,   ///< it says that it is not ready
  Refused,   ///< it refuses our credentials
  Full,      ///< writes only
  ReadOnly,  ///< writes only
};
constexpr size_t kCauses = 8;
const char* to_text(Cause cause);

struct Statistics {
  // Gauges. One server: `servers` is 1. A cluster: its nodes.
  Counter servers;
  Counter servers_readable;  ///< connected, breaker closed
  Counter servers_writable;  ///< of these: writes too
  Counter read_cause;  ///< a Cause: of the last server that stopped being asked; None: all are, and
                       ///< there is one
  Counter write_cause;  ///< a Cause: the same for writes
  Counter pending;      ///< commands without a reply

  // Commands.
  Counter commands;  ///< written, of all kinds
  Counter
      writes;    ///< turns in which a connection got commands: commands / writes leave in one send
  Counter gets;  ///< of the commands
  Counter sets;
  Counter publishes;
  Counter hits;
  Counter misses;
  Counter failures;      ///< GETs that ended without knowing
  Counter late;          ///< replies to GETs that nobody waited for any more
  Counter gets_refused;  ///< GETs that were not sent: nowhere to ask, or no room
  Counter sets_dropped;  ///< SETs that were not sent
  Counter sets_failed;   ///< SETs that were answered by an error, or lost with a connection
  Counter publishes_dropped;
  std::array<Counter, kErrorKinds> errors;  ///< error replies, by ErrorKind
  Histogram round_trip_us;                  ///< of GET, SET, PUBLISH and PING; cancelled GETs too

  // Connections.
  Counter connects;         ///< started
  Counter connects_failed;  ///< refused, unreachable, too slow, handshake or credentials refused
  Counter reconnects;       ///< connects after the first to the same server
  Counter lost;             ///< ended after they were open, by the other side or the network
  Counter timeouts;         ///< ended by us: no replies
  Counter garbage;          ///< ended by us: bytes that are no replies
  Counter probes;
  std::array<Counter, kCauses> stops;  ///< how often a server was not asked any more, by Cause
  std::array<Counter, kCauses> write_stops;

  // Cluster and sentinels.
  Counter asked_again;    ///< GETs sent to another node after a redirection
  Counter map_refreshes;  ///< answers with a map of slots
  Counter masters_changed;

  // Subscription.
  Counter messages;       ///< published by anyone, taken by us
  Counter subscriptions;  ///< started, the first included
  Counter gaps;
};

}  // namespace dotring::cache::redis
