#include "engine/io/socket_address.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/io/kernel.h"

namespace dotring::io {
namespace {

SocketAddress zeroed() {
  SocketAddress address;
  std::memset(static_cast<void*>(&address), 0, sizeof address);
  return address;
}

template <typename Get>
Endpoint ask_endpoint(Get get, int descriptor) {
  SocketAddress address = zeroed();
  address.size = sizeof address.in6;
  if (get(descriptor, &address.any, &address.size) != 0) return {};
  if (address.any.sa_family == AF_INET) return endpoint_of(address.in4);
  if (address.any.sa_family == AF_INET6) return endpoint_of(address.in6);
  return {};
}

BoundSocket failed(int descriptor, const char* call) {
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  return {-1, std::string(call) + ": " + error_text(error), error};
}

}  // namespace

SocketAddress SocketAddress::of(const Endpoint& endpoint) {
  SocketAddress result = zeroed();
  const Bytes wire = endpoint.address.wire();
  if (endpoint.address.is_ipv4()) {
    result.in4.sin_family = AF_INET;
    result.in4.sin_port = htons(endpoint.port);
    std::memcpy(&result.in4.sin_addr, wire.data(), wire.size());
    result.size = sizeof result.in4;
  } else {
    result.in6.sin6_family = AF_INET6;
    result.in6.sin6_port = htons(endpoint.port);
    std::memcpy(&result.in6.sin6_addr, wire.data(), wire.size());
    result.size = sizeof result.in6;
  }
  return result;
}

SocketAddress SocketAddress::of_unix(const std::string& path) {
  SocketAddress result = zeroed();
  if (path.empty() || path.size() >= sizeof result.local.sun_path) return result;
  result.local.sun_family = AF_UNIX;
  std::memcpy(result.local.sun_path, path.data(), path.size());
  result.size = sizeof result.local;
  return result;
}

Endpoint endpoint_of(const sockaddr_in& address) {
  return {IpAddress::from_ipv4(reinterpret_cast<const uint8_t*>(&address.sin_addr)),
          ntohs(address.sin_port)};
}

Endpoint endpoint_of(const sockaddr_in6& address) {
  return {IpAddress::from_ipv6(address.sin6_addr.s6_addr), ntohs(address.sin6_port)};
}

Endpoint local_endpoint(int descriptor) {
  return ask_endpoint(getsockname, descriptor);
}
Endpoint peer_endpoint(int descriptor) {
  return ask_endpoint(getpeername, descriptor);
}

bool set_option(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

uint32_t datagrams_dropped(int descriptor) {
  uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof memory;
  getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, memory, &size);
  return memory[SK_MEMINFO_DROPS];
}

BoundSocket bind_socket(const Endpoint& local, int type, bool reuse_port) {
  const SocketAddress address = SocketAddress::of(local);
  const int descriptor = socket(address.any.sa_family, type | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return failed(descriptor, "socket");
  if (type == SOCK_STREAM) set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (reuse_port && !set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)) {
    return failed(descriptor, "SO_REUSEPORT");
  }
  if (!local.address.is_ipv4()) set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (bind(descriptor, &address.any, address.size) != 0) return failed(descriptor, "bind");
  return {descriptor, "", 0};
}

}  // namespace dotring::io
