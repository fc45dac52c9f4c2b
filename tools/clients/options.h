// What a client is to be.

#pragma once

#include <optional>

#include "engine/base/address.h"
#include "tls/context.h"
#include "tls/trust.h"

namespace dotring::clients {

enum class Transport : uint8_t { Udp, Tcp, Tls };

/// The size of the receive buffers of a loop with UDP clients: the largest datagram, and a few
/// cache lines so that the beginnings of all buffers do not fall into the same sets of the cache.
inline constexpr uint32_t kReceiveBufferSize = 65'536 + 320;

struct ClientOptions {
  Transport transport = Transport::Udp;
  Endpoint server;
  std::optional<IpAddress> source;  ///< none: the kernel chooses
  uint16_t source_port = 0;         ///< UDP only; 0: the kernel chooses
  uint32_t outstanding_max = 100;   ///< queries that wait for answers, 1 to 32768
  bool accept_queries = false;      ///< a message without QR counts as an answer (echo)
  uint16_t id_salt = 0;
  int socket_buffer_bytes = 4 << 20;  ///< UDP: SO_RCVBUF and SO_SNDBUF, as far as the kernel allows

  // Connections
  uint64_t queries_per_connection = 0;  ///< then it is closed and a new one opened; 0: no limit
  uint64_t idle_timeout_ms = 0;         ///< closed when nothing waits for so long; 0: kept
  uint64_t connect_timeout_ms = 5000;   ///< for TCP, and once more for the TLS handshake
  uint64_t retry_ms = 100;              ///< pause after a connection that could not be had
  size_t send_queue_max = 4 << 20;      ///< octets

  // TLS: used until the client is gone.
  const tls::ClientContext* context = nullptr;
  const tls::Trust* trust = nullptr;
  bool resume = true;      ///< sessions, by the client's own tickets
  size_t tickets_max = 4;  ///< kept
};

}  // namespace dotring::clients
