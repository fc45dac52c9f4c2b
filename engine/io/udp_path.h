// Where a datagram came from and where it went to, and both in the form the kernel takes.

#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "engine/base/address.h"

namespace dotring::io {

/// Both ends of a datagram: who sent it, and (on a wildcard socket) which of our addresses was
/// asked. A plain value that fits into query::ReplyTo.
struct UdpPath {
  union {
    sockaddr_in peer4;
    sockaddr_in6 peer6;
  };
  in6_addr local;            ///< IPv4: in the last four octets; only set on wildcard sockets
  uint32_t local_interface;  ///< needed for link-local addresses

  bool is_ipv4() const { return peer4.sin_family == AF_INET; }
  Endpoint peer() const;
  socklen_t peer_size() const { return is_ipv4() ? sizeof peer4 : sizeof peer6; }
};

/// Room for the asked address of either family in a message's control data.
inline constexpr size_t kLocalControlSize = CMSG_SPACE(sizeof(in6_pktinfo));

/// Takes the asked address out of a received message's control data.
void read_local(msghdr& header, UdpPath& path);
/// The message leaves from the address that was asked: begins its control data with that.
void write_local(msghdr& header, const UdpPath& path);

/// Puts one more option behind the control data that `header` has; there must be room.
void add_control(msghdr& header, int level, int type, const void* data, size_t size);

}  // namespace dotring::io
