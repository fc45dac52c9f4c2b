// What all clients of one loop count together. One writer, any number of readers.

#pragma once

#include "engine/base/counter.h"
#include "engine/base/histogram.h"
#include "tls/tls_statistics.h"

namespace dotring::clients {

struct Statistics {
  // Datagrams
  Counter send_failures;  ///< datagrams that the kernel did not take
  Counter refusals;       ///< "port unreachable" from the server

  // Connections
  Counter connections_tried;
  Counter connections_opened;
  Counter connections_failed;          ///< not opened, TLS included
  Counter connections_closed;          ///< by us: enough queries, or idle for long enough
  Counter connections_closed_by_peer;  ///< with nothing waiting on them
  Counter connections_lost;            ///< with queries waiting on them
  Histogram connect_ns;                ///< from the first step until queries can be sent
  Histogram handshake_full_us;         ///< TLS alone, from the open TCP connection
  Histogram handshake_resumed_us;
  tls::TlsStatistics tls;
};

}  // namespace dotring::clients
