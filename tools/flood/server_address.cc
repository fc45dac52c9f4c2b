#include "tools/flood/server_address.h"

#include <netdb.h>

#include <memory>

namespace dotring::flood {
namespace {

int number_of(Family family) {
  return family == Family::Ipv4 ? AF_INET : family == Family::Ipv6 ? AF_INET6 : AF_UNSPEC;
}

// The first address that the system prefers.
std::string resolve(const std::string& name, Family family, IpAddress& address) {
  addrinfo hints{};
  hints.ai_family = number_of(family);
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error != 0) return gai_strerror(error);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  char text[NI_MAXHOST];
  const int failure =
      getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  const auto parsed = failure ? std::nullopt : IpAddress::parse(text);
  if (!parsed) return "no address that can be used";
  address = *parsed;
  return "";
}

}  // namespace

std::string find_server(const std::string& text, uint16_t port, Family family, Endpoint& server) {
  server.port = port;
  if (const auto address = IpAddress::parse(text)) {
    server.address = *address;
  } else if (const auto endpoint = Endpoint::parse(text, port)) {
    server = *endpoint;
  } else if (std::string problem = resolve(text, family, server.address); !problem.empty()) {
    return text + ": " + problem;
  }
  const Family actual = server.address.is_ipv4() ? Family::Ipv4 : Family::Ipv6;
  return family == Family::Any || family == actual ? "" : text + ": not of the family of -f";
}

}  // namespace dotring::flood
