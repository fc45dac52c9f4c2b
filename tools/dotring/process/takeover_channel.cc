#include "tools/dotring/process/takeover_channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

namespace dotring::appliance {
namespace {

constexpr timeval kSendTimeout{2, 0};

/// Room for one descriptor.
union Control {
  cmsghdr header;
  uint8_t octets[CMSG_SPACE(sizeof(int))];
};

void attach(msghdr& message, Control& control, int descriptor) {
  message.msg_control = control.octets;
  message.msg_controllen = sizeof control.octets;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
}

int attached(msghdr& message) {
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return -1;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

bool wait_for_message(int descriptor, int wait_ms) {
  pollfd watched{descriptor, POLLIN, 0};
  int count;
  do {
    count = poll(&watched, 1, wait_ms);
  } while (count < 0 && errno == EINTR);
  return count > 0;
}

}  // namespace

TakeoverChannel::TakeoverChannel(int descriptor) : descriptor_(descriptor) {
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof kSendTimeout);
}

TakeoverChannel::~TakeoverChannel() {
  close(descriptor_);
}

bool TakeoverChannel::send(TakeoverKind kind, int descriptor, Bytes bytes) {
  if (bytes.size() > kBytesMax) return false;
  iovec parts[] = {{&kind, sizeof kind}, {const_cast<uint8_t*>(bytes.data()), bytes.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  Control control{};
  if (descriptor >= 0) attach(message, control, descriptor);
  const std::lock_guard lock(sending_);
  ssize_t sent;
  do {
    sent = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof kind + bytes.size());
}

std::optional<TakeoverMessage> TakeoverChannel::receive(int wait_ms) {
  if (!wait_for_message(descriptor_, wait_ms)) return std::nullopt;
  TakeoverMessage received{};
  buffer_.resize(kBytesMax);
  iovec parts[] = {{&received.kind, sizeof received.kind}, {buffer_.data(), buffer_.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  Control control{};
  message.msg_control = control.octets;
  message.msg_controllen = sizeof control.octets;
  const ssize_t size = recvmsg(descriptor_, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < static_cast<ssize_t>(sizeof received.kind)) return std::nullopt;
  received.descriptor = attached(message);
  received.bytes.assign(buffer_.begin(), buffer_.begin() + size - sizeof received.kind);
  return received;
}

void TakeoverChannel::end() {
  shutdown(descriptor_, SHUT_RDWR);
}

}  // namespace dotring::appliance
