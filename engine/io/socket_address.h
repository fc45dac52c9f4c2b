// Endpoint to and from the kernel's socket addresses, and the sockets bound to them.

#pragma once

#include <netinet/in.h>
#include <sys/un.h>

#include <optional>
#include <string>

#include "engine/base/address.h"

namespace dotring::io {

struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in in4;
    sockaddr_in6 in6;
    sockaddr_un local;
  };
  socklen_t size = 0;

  static SocketAddress of(const Endpoint& endpoint);
  /// Size 0 when `path` is empty or too long for a unix socket's address (107 octets).
  static SocketAddress of_unix(const std::string& path);
};

Endpoint endpoint_of(const sockaddr_in& address);
Endpoint endpoint_of(const sockaddr_in6& address);
/// Of a bound or connected socket; port 0 when the kernel does not tell (unix sockets too).
Endpoint local_endpoint(int descriptor);
Endpoint peer_endpoint(int descriptor);

/// setsockopt of an int; false when the kernel refuses.
bool set_option(int descriptor, int level, int option, int value);

/// Datagrams that the kernel dropped because the socket's receive buffer was full, since it was
/// made; begins again after 2^32.
uint32_t datagrams_dropped(int descriptor);

struct BoundSocket {
  int descriptor = -1;
  std::string failure;  ///< not empty: what failed; then there is no descriptor
  int error = 0;        ///< with it, for whoever knows a remedy: errno
};

/// socket() and bind(), with SO_REUSEPORT where asked for; IPv6 sockets take IPv6 only. `type` is
/// SOCK_DGRAM or SOCK_STREAM.
BoundSocket bind_socket(const Endpoint& local, int type, bool reuse_port);

}  // namespace dotring::io
