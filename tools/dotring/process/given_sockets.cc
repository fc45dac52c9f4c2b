#include "tools/dotring/process/given_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

int int_option(int descriptor, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(descriptor, level, option, &value, &size) == 0 ? value : -1;
}

std::string name_of(const Endpoint& address, int type) {
  return (type == SOCK_DGRAM ? "UDP " : "TCP ") + address.to_text();
}

/// Null: one of ours can listen on it.
std::optional<std::string> refusal(int descriptor, const Endpoint& address, int type) {
  if (address.port == 0 || (type != SOCK_DGRAM && type != SOCK_STREAM)) {
    return "not a UDP or TCP socket that is bound to an address";
  }
  // Access lists would see IPv4 clients as IPv6 ones.
  const bool both =
      !address.address.is_ipv4() && int_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY) == 0;
  if (!both) return std::nullopt;
  return name_of(address, type) + " takes IPv4 too; set BindIPv6Only=ipv6-only";
}

}  // namespace

std::vector<int> share_of(const std::vector<int>& given, size_t index, size_t count) {
  std::vector<int> share;
  for (size_t i = index; i < given.size(); i += count) share.push_back(given[i]);
  if (share.empty() && !given.empty()) share.push_back(given[index % given.size()]);
  return share;
}

void close_given(std::vector<Listening>& all) {
  for (Listening& one : all) {
    for (std::vector<int>* given : {&one.udp, &one.tcp}) {
      for (const int descriptor : *given) close(descriptor);
      given->clear();
    }
  }
}

GivenSockets::~GivenSockets() {
  for (const Socket& socket : sockets_) close(socket.descriptor);
}

std::optional<std::string> GivenSockets::add(int descriptor) {
  const Endpoint address = io::local_endpoint(descriptor);
  const int type = int_option(descriptor, SOL_SOCKET, SO_TYPE);
  if (auto problem = refusal(descriptor, address, type)) {
    close(descriptor);
    return problem;
  }
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  sockets_.push_back({address, type, descriptor});
  return std::nullopt;
}

bool GivenSockets::has(const Endpoint& address, int type) const {
  for (const Socket& socket : sockets_) {
    if (socket.address == address && socket.type == type) return true;
  }
  return false;
}

std::vector<int> GivenSockets::take(const Endpoint& address, int type) {
  std::vector<int> taken;
  std::erase_if(sockets_, [&](const Socket& socket) {
    const bool wanted = socket.address == address && socket.type == type;
    if (wanted) taken.push_back(socket.descriptor);
    return wanted;
  });
  return taken;
}

std::vector<std::string> GivenSockets::close_rest() {
  std::vector<std::string> names;
  for (const Socket& socket : sockets_) {
    names.push_back(name_of(socket.address, socket.type));
    close(socket.descriptor);
  }
  sockets_.clear();
  return names;
}

}  // namespace dotring::appliance
