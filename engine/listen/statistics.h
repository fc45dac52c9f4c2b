// What listeners count. One writer (the listener's thread), gathered by whoever asks.

#pragma once

#include <array>

#include "engine/base/counter.h"
#include "engine/base/histogram.h"

namespace dotring::listen {

/// Why a client's session ended.
enum class SessionEnd : uint8_t {
  Client,          ///< the client closed in order
  Reset,           ///< the client or the network broke it off
  Idle,            ///< no whole message for the idle timeout
  Lifetime,        ///< lifetime_max_ms
  QueriesMax,      ///< queries_max
  BadFrame,        ///< a frame too short for a header
  SlowReader,      ///< the client did not read its answers
  SecurityFailed,  ///< the TLS handshake failed, was not finished in time, or a record was not TLS
  MemoryShort,     ///< its share of what sessions may borrow was not enough
  Drain,           ///< the listener is being drained
  Local,           ///< ended by whoever handles its queries
  HandedOver,      ///< the connection goes on elsewhere
};
inline constexpr size_t kSessionEnds = 12;

const char* to_text(SessionEnd end);

struct UdpListenerStatistics {
  Counter queries;  ///< handed to the handler
  Counter replies;
  Counter dropped_by_handler;    ///< queries that ended without a reply
  Counter dropped_without_port;  ///< datagrams from port 0: nobody can be answered there
  Counter replies_without_room;  ///< larger than a datagram may be: the handler was given no room
  Histogram turn_us;             ///< of queries answered in the turn they came in: turn_latency.h
};

struct TcpListenerStatistics {
  Counter accepted;
  Counter refused_full;                      ///< connections_max reached, of all listeners
  Counter refused_client;                    ///< client_connections_max reached
  Counter refused_access;                    ///< the access list drops this client
  Counter sessions_open;                     ///< now
  std::array<Counter, kSessionEnds> closed;  ///< by SessionEnd
  Counter queries;                           ///< handed to the handler
  Counter replies;
  Counter dropped_by_handler;    ///< queries that ended without a reply
  Counter replies_late;          ///< for a session that is gone
  Counter replies_without_room;  ///< the send queue was full or memory short: the session ends
  Counter reading_paused;        ///< times a session was not read because of its limits
  Histogram queries_per_read;    ///< whole messages in what one read gave
  Histogram turn_us;             ///< of queries answered in the turn they came in: turn_latency.h
};

}  // namespace dotring::listen
