#include "tools/dotring/process/predecessor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "engine/io/kernel.h"
#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

bool is_nobody(int error) {
  return error == ENOENT || error == ECONNREFUSED;
}

constexpr const char* kRemedy =
    "; run as the user of the running dotring, or end that one and start without --takeover";

}  // namespace

void Predecessor::stop() {
  if (!thread_.joinable()) return;
  channel_->end();
  thread_.join();
}

std::optional<std::string> Predecessor::ask(const std::string& path, GivenSockets& sockets) {
  const io::SocketAddress address = io::SocketAddress::of_unix(path);
  if (address.size == 0) return "no path of a unix socket; give the running dotring's";
  const int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (descriptor < 0)
    return "socket: " + io::error_text(errno) +
           "; raise the limit of open files (ulimit -n, LimitNOFILE=)";
  auto channel = std::make_unique<TakeoverChannel>(descriptor);
  if (connect(descriptor, &address.any, address.size) != 0) {
    if (is_nobody(errno)) return std::nullopt;
    return "connect: " + io::error_text(errno) + kRemedy;
  }
  channel_ = std::move(channel);
  if (!channel_->send(TakeoverKind::Hello, -1, bytes_of(TakeoverChannel::kVersion))) {
    return std::string("the running dotring does not listen") + kRemedy;
  }
  return receive_sockets(sockets);
}

std::optional<std::string> Predecessor::receive_sockets(GivenSockets& sockets) {
  for (;;) {
    const auto message = channel_->receive(kAnswerMs);
    if (!message) {
      return "the running dotring did not give its sockets; look into its log, which says why";
    }
    if (message->kind == TakeoverKind::SocketsEnd) return std::nullopt;
    if (auto problem = sockets.add(message->descriptor)) return problem;
  }
}

bool Predecessor::tell_taken(std::function<void(int, Bytes)> inherit) {
  if (!channel_->send(TakeoverKind::Taken)) return false;
  thread_ = std::thread([this, inherit = std::move(inherit)] {
    while (const auto message = channel_->receive(TakeoverChannel::kForEver)) {
      if (message->descriptor >= 0) inherit(message->descriptor, message->bytes);
    }
  });
  return true;
}

}  // namespace dotring::appliance
