#include "engine/io/udp_socket.h"

#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "engine/io/kernel.h"
#include "engine/io/socket_address.h"

namespace dotring::io {
namespace {

// The kernel doubles SO_RCVBUF, and charges a datagram with no less than 512 octets of that.
constexpr int kReceiveBufferBytesPerDatagram = 256;

bool is_unspecified(const IpAddress& address) {
  for (const uint8_t octet : address.wire()) {
    if (octet != 0) return false;
  }
  return true;
}

}  // namespace

// All that one recvmmsg needs, laid out once: headers point at paths, vectors at bytes.
struct UdpSocket::Inbox {
  static constexpr size_t kLineSize = 64;

  struct alignas(cmsghdr) Control {
    uint8_t octets[kLocalControlSize];
  };

  Inbox(uint32_t count, size_t size, bool with_control)
      : slot_size(size),
        stride(size + kLineSize),
        headers(count),
        vectors(count),
        paths(count),
        controls(with_control ? count : 0),
        bytes(std::make_unique_for_overwrite<uint8_t[]>(count * stride)) {
    for (uint32_t i = 0; i < count; ++i) {
      vectors[i] = {slot(i).data(), size};
      msghdr& header = headers[i].msg_hdr;
      header.msg_name = &paths[i];
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_control = with_control ? controls[i].octets : nullptr;
      open(i);
    }
  }

  /// The kernel writes the sizes that it used over those that it may use, in the headers it fills.
  void open(uint32_t index) {
    headers[index].msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    headers[index].msg_hdr.msg_controllen = controls.empty() ? 0 : kLocalControlSize;
  }

  MutableBytes slot(uint32_t index) { return {bytes.get() + index * stride, slot_size}; }

  const size_t slot_size;
  /// Slots begin in different sets of the processor's cache: as far apart as a page, all would
  /// begin in the same one, and only eight or twelve of them would stay there.
  const size_t stride;
  std::vector<mmsghdr> headers;
  std::vector<iovec> vectors;
  std::vector<UdpPath> paths;
  std::vector<Control> controls;
  std::unique_ptr<uint8_t[]> bytes;
};

UdpSocket::UdpSocket(Loop& loop, const Options& options) : loop_(loop), options_(options) {
  readable_.bind<&UdpSocket::on_readable>(this);
}

UdpSocket::~UdpSocket() {
  assert(!active());
  if (descriptor_ >= 0) close(descriptor_);
}

std::optional<std::string> UdpSocket::open(const Endpoint& local) {
  const BoundSocket bound = bind_socket(local, SOCK_DGRAM, options_.reuse_port);
  if (bound.descriptor < 0) return bound.failure;
  return adopt(bound.descriptor);
}

std::optional<std::string> UdpSocket::adopt(int descriptor) {
  descriptor_ = descriptor;
  local_ = local_endpoint(descriptor_);
  wildcard_ = is_unspecified(local_.address);
  if (auto failure = set_options(local_.address.is_ipv4())) return failure;
  inbox_ = std::make_unique<Inbox>(options_.batch, options_.receive_size_max, wildcard_);
  outbox_ = std::make_unique<UdpOutbox>(
      UdpOutbox::Options{options_.batch, options_.send_size_max, wildcard_});
  return std::nullopt;
}

std::optional<std::string> UdpSocket::set_options(bool ipv4) {
  // The kernel caps these at net.core.rmem_max and wmem_max; less is slower, not wrong.
  set_option(descriptor_, SOL_SOCKET, SO_RCVBUF, options_.receive_buffer_bytes);
  set_option(descriptor_, SOL_SOCKET, SO_SNDBUF, options_.send_buffer_bytes);
  // A forged "fragmentation needed" must not make us send fragments (RFC 9715, 3.1).
  if (ipv4) {
    set_option(descriptor_, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  } else {
    set_option(descriptor_, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
  }
  if (!wildcard_) return std::nullopt;
  const bool set = ipv4 ? set_option(descriptor_, IPPROTO_IP, IP_PKTINFO, 1)
                        : set_option(descriptor_, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  return set ? std::nullopt : std::optional("packet information: " + error_text(errno));
}

UdpDrops UdpSocket::drops() const {
  UdpDrops drops;
  socklen_t size = sizeof drops.socket;
  getsockopt(descriptor_, SOL_SOCKET, SO_COOKIE, &drops.socket, &size);
  drops.datagrams = datagrams_dropped(descriptor_);
  return drops;
}

void UdpSocket::start() {
  started_ = true;
  if (!readable_.pending()) loop_.ring().poll_readable_multishot(descriptor_, readable_);
}

void UdpSocket::stop() {
  started_ = false;
  Resumable::unlink();
  loop_.ring().cancel(readable_);
}

void UdpSocket::deliver_rest() {
  const int kept_max = options_.receive_buffer_bytes / kReceiveBufferBytesPerDatagram;
  for (int delivered = 0; delivered <= kept_max;) {
    const int count = receive_batch();
    if (count <= 0) return;
    deliver(static_cast<uint32_t>(count));
    delivered += count;
  }
}

void UdpSocket::on_readable(int32_t, uint32_t flags) {
  if (!started_) return;
  if (!(flags & IORING_CQE_F_MORE)) {
    loop_.ring().poll_readable_multishot(descriptor_, readable_);
  }
  receive_rounds();
}

void UdpSocket::resume() {
  if (started_) receive_rounds();
}

// The poll tells of arrivals, not of leftovers: a socket that was not emptied is read on in the
// next turn.
void UdpSocket::receive_rounds() {
  for (uint32_t round = 0; round < options_.rounds_per_turn_max && started_; ++round) {
    const int count = receive_batch();
    if (count > 0) deliver(static_cast<uint32_t>(count));
    if (count < static_cast<int>(options_.batch)) return;
  }
  if (started_) loop_.continue_next_turn(*this);
}

int UdpSocket::receive_batch() {
  const int count =
      recvmmsg(descriptor_, inbox_->headers.data(), options_.batch, MSG_DONTWAIT, nullptr);
  if (count > 0) {
    statistics_.receives.add();
    statistics_.datagrams_in.add(static_cast<uint64_t>(count));
  }
  return count;
}

void UdpSocket::announce(uint32_t index) {
  __builtin_prefetch(inbox_->slot(std::min(index + kTouchedAhead, options_.batch - 1)).data());
  const mmsghdr& header = inbox_->headers[index];
  if (header.msg_hdr.msg_flags & MSG_TRUNC) return;
  handler_->on_datagram_ahead(inbox_->slot(index).first(header.msg_len));
}

void UdpSocket::deliver(uint32_t count) {
  for (uint32_t i = 1; i < std::min(count, kAhead); ++i) announce(i);
  for (uint32_t i = 0; i < count; ++i) {
    if (i + kAhead < count) announce(i + kAhead);
    mmsghdr& header = inbox_->headers[i];
    if (header.msg_hdr.msg_flags & MSG_TRUNC) {
      statistics_.truncated_in.add();
    } else {
      if (wildcard_) read_local(header.msg_hdr, inbox_->paths[i]);
      handler_->on_datagram(inbox_->slot(i).first(header.msg_len), inbox_->paths[i]);
    }
    inbox_->open(i);
  }
}

MutableBytes UdpSocket::reserve(size_t size_max) {
  if (size_max > options_.send_size_max) return {};
  if (outbox_->full()) send_outbox();
  return outbox_->room();
}

void UdpSocket::commit(const UdpPath& path, size_t size) {
  outbox_->add(path, size);
  loop_.schedule(*this);
}

void UdpSocket::flush() {
  send_outbox();
}

void UdpSocket::send_outbox() {
  const UdpOutbox::Sent sent = outbox_->send(descriptor_);
  statistics_.sends.add(sent.calls);
  statistics_.datagrams_out.add(sent.datagrams);
  statistics_.datagrams_out_in_runs.add(sent.in_runs);
  statistics_.send_failures.add(sent.refused);
}

}  // namespace dotring::io
