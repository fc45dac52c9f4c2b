#include "tools/dotring/config/addresses.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

const char* remedy(int error, const Endpoint& address) {
  switch (error) {
    case EADDRINUSE:
      return "; stop the program that listens there, or choose another address";
    case EACCES:
      return "; ports below 1024 need the capability CAP_NET_BIND_SERVICE (setcap "
             "cap_net_bind_service=ep FILE, or AmbientCapabilities= of systemd); or choose another "
             "port";
    case EADDRNOTAVAIL:
      return address.address.is_ipv4()
                 ? "; no interface has this address: choose one that `ip address` shows"
                 : "; no interface has this address, or there is no IPv6 here: leave it out";
    case EAFNOSUPPORT:
      return "; there is no IPv6 here: leave it out";
    case EMFILE:
    case ENFILE:
      return "; raise the limit of open files (ulimit -n, LimitNOFILE=)";
    default:
      return "; choose another address";
  }
}

/// A socket that holds an address while others are tried.
struct Claim {
  explicit Claim(const Endpoint& address, int type)
      : socket(io::bind_socket(address, type, false)) {}
  ~Claim() {
    if (socket.descriptor >= 0) close(socket.descriptor);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  io::BoundSocket socket;
};

AddressFailure failure_of(const io::BoundSocket& socket, const char* transport,
                          const Endpoint& address) {
  const std::string problem = explain_bind_failure(socket.failure, socket.error, address);
  return {address, std::string(transport) + " " + problem, socket.error};
}

/// Null: the kind of which no socket is held yet is free.
std::optional<AddressFailure> settle_other(const Endpoint& address, bool has_udp, bool has_tcp) {
  if (has_udp && has_tcp) return std::nullopt;
  const Claim other(address, has_udp ? SOCK_STREAM : SOCK_DGRAM);
  if (other.socket.descriptor >= 0) return std::nullopt;
  return failure_of(other.socket, has_udp ? "TCP" : "UDP", address);
}

/// Null: `address` is free for UDP and TCP; port 0 has become that port.
std::optional<AddressFailure> settle(Endpoint& address) {
  constexpr int kTriesMax = 32;  // a port that is free for UDP may be taken for TCP
  for (int i = 0;; ++i) {
    const Claim udp(address, SOCK_DGRAM);
    if (udp.socket.descriptor < 0) return failure_of(udp.socket, "UDP", address);
    const Endpoint bound = io::local_endpoint(udp.socket.descriptor);
    const Claim tcp(bound, SOCK_STREAM);
    if (tcp.socket.descriptor >= 0) {
      address.port = bound.port;
      return std::nullopt;
    }
    if (address.port != 0 || i == kTriesMax) return failure_of(tcp.socket, "TCP", address);
  }
}

}  // namespace

std::string explain_bind_failure(const std::string& failure, int error, const Endpoint& address) {
  return failure + remedy(error, address);
}

bool is_missing(const AddressFailure& failure) {
  return failure.error == EADDRNOTAVAIL || failure.error == EAFNOSUPPORT;
}

std::variant<std::vector<Endpoint>, AddressFailure> settle_addresses(
    const std::vector<Endpoint>& addresses, const IsHeld& is_held) {
  std::vector<Endpoint> settled = addresses;
  for (Endpoint& address : settled) {
    const bool udp = is_held && is_held(address, SOCK_DGRAM);
    const bool tcp = is_held && is_held(address, SOCK_STREAM);
    const auto failure = udp || tcp ? settle_other(address, udp, tcp) : settle(address);
    if (failure) return *failure;
  }
  return settled;
}

}  // namespace dotring::appliance
