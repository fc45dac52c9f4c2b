#include "tools/dotring/process/takeover_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "engine/io/kernel.h"
#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

constexpr int kGreetingMs = 5000;

std::optional<std::string> failed(const char* call) {
  return std::string(call) + ": " + io::error_text(errno);
}

/// Nobody we know, where the kernel does not say.
ucred peer_of(int descriptor) {
  ucred peer{0, UINT32_MAX, UINT32_MAX};
  socklen_t size = sizeof peer;
  getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return peer;
}

/// The file's permissions have let it in; this is for directories that are open to others.
bool is_one_of_us(const ucred& peer) {
  return peer.uid == 0 || peer.uid == geteuid();
}

}  // namespace

std::optional<std::string> TakeoverServer::open(const std::string& path) {
  const std::string begun = path + ".new";
  const io::SocketAddress address = io::SocketAddress::of_unix(begun);
  if (address.size == 0) return "the path is too long for a unix socket; give a shorter one";
  listener_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  wakeup_ = eventfd(0, EFD_CLOEXEC);
  if (listener_ < 0 || wakeup_ < 0) return failed("socket");
  unlink(begun.c_str());
  // Before bind(): the file never is open to others.
  if (fchmod(listener_, S_IRUSR | S_IWUSR) != 0) return failed("fchmod");
  if (bind(listener_, &address.any, address.size) != 0) {
    return *failed("bind") +
           "; give a path in a folder that is there and that dotring's user may write to";
  }
  path_ = path;
  name_ = begun;
  file_ = file_at(name_);
  if (::listen(listener_, 1) != 0) return failed("listen");
  return std::nullopt;
}

// Renaming replaces the predecessor's file, or a stale one, with nothing in between.
std::optional<std::string> TakeoverServer::start() {
  if (std::rename(name_.c_str(), path_.c_str()) != 0) return failed("rename");
  name_ = path_;
  thread_ = std::thread([this] { serve(); });
  return std::nullopt;
}

/// Device and number; none where there is no file.
TakeoverServer::File TakeoverServer::file_at(const std::string& name) {
  struct stat status {};
  if (stat(name.c_str(), &status) != 0) return std::nullopt;
  return std::pair(status.st_dev, status.st_ino);
}

TakeoverServer::~TakeoverServer() {
  const uint64_t one = 1;
  if (wakeup_ >= 0) (void)!write(wakeup_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  // Somebody else may have taken the name meanwhile.
  if (file_ && file_at(name_) == file_) unlink(name_.c_str());
  for (const int descriptor : {listener_, wakeup_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

/// False: the time is over, or this dotring is about to end.
bool TakeoverServer::wait_readable(int descriptor, int wait_ms) {
  pollfd watched[] = {{descriptor, POLLIN, 0}, {wakeup_, POLLIN, 0}};
  int count;
  do {
    count = poll(watched, 2, wait_ms);
  } while (count < 0 && errno == EINTR);
  return count > 0 && watched[1].revents == 0;
}

void TakeoverServer::serve() {
  while (!taken() && wait_readable(listener_, TakeoverChannel::kForEver)) {
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) hand_over(descriptor);
  }
}

void TakeoverServer::hand_over(int descriptor) {
  auto channel = std::make_unique<TakeoverChannel>(descriptor);
  const ucred peer = peer_of(descriptor);
  if (!is_one_of_us(peer)) return log_.warning("takeover_refused", {{"cause", "other user"}});
  if (!greet(*channel)) return log_.warning("takeover_refused", {{"cause", "other version"}});
  if (!send_sockets(*channel)) return log_.warning("takeover_failed", {{"cause", "no sockets"}});
  const auto answer = wait_readable(descriptor, kStartMs) ? channel->receive(0) : std::nullopt;
  if (!answer || answer->kind != TakeoverKind::Taken) {
    return log_.warning("takeover_failed", {{"cause", "the other one did not start"}});
  }
  successor_ = std::move(channel);
  successor_process_ = peer.pid;
  taken_.store(true, std::memory_order_release);
  parts_.on_taken();
}

bool TakeoverServer::greet(TakeoverChannel& channel) {
  if (!wait_readable(channel.descriptor(), kGreetingMs)) return false;
  const auto hello = channel.receive(0);
  return hello && hello->kind == TakeoverKind::Hello &&
         text_of(hello->bytes) == TakeoverChannel::kVersion;
}

bool TakeoverServer::send_sockets(TakeoverChannel& channel) {
  const std::vector<OwnedDescriptor> sockets = parts_.sockets();
  bool sent = !sockets.empty();
  for (const OwnedDescriptor& socket : sockets) {
    sent = sent && channel.send(TakeoverKind::Socket, socket.get());
  }
  return sent && channel.send(TakeoverKind::SocketsEnd);
}

// Where it cannot be sent it is closed, as at any other end.
void TakeoverServer::inherit(int descriptor, Bytes unread) {
  successor_->send(TakeoverKind::Connection, descriptor, unread);
  close(descriptor);
}

}  // namespace dotring::appliance
