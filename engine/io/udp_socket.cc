#include "engine/io/udp_socket.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>
#include <vector>

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

// All that one recvmmsg needs, laid out once: headers point at paths, vectors at bytes. One more
// slot is the ring's, which may fill it at any time while it is entered.
struct UdpSocket::Inbox {
  static constexpr size_t kLineSize = 64;

  struct alignas(cmsghdr) Control {
    uint8_t octets[kLocalControlSize];
  };

  Inbox(uint32_t batch, size_t size, bool with_control)
      : slot_size(size),
        stride(size + kLineSize),
        headers(batch + 1),
        vectors(batch + 1),
        paths(batch + 1),
        controls(with_control ? batch + 1 : 0),
        bytes(std::make_unique_for_overwrite<uint8_t[]>((batch + 1) * stride)) {
    for (uint32_t i = 0; i <= batch; ++i) {
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

  uint32_t ring_slot() const { return static_cast<uint32_t>(headers.size()) - 1; }
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
  first_.bind<&UdpSocket::on_first>(this);
  retry_.bind<&UdpSocket::receive_first>(this);
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
  // Where others read the same socket, the ring may come too late so often that a thread of the
  // kernel goes on for it: that one must not wait, or it takes datagrams while we are busy.
  fcntl(descriptor_, F_SETFL, O_NONBLOCK);
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
  if (!first_.pending() && !retry_.armed()) receive_first();
}

void UdpSocket::stop() {
  started_ = false;
  Resumable::unlink();
  retry_.cancel();
  loop_.ring().cancel(first_);
}

void UdpSocket::deliver_rest() {
  const auto kept_max =
      static_cast<uint32_t>(options_.receive_buffer_bytes / kReceiveBufferBytesPerDatagram);
  for (uint32_t delivered = 0; delivered <= kept_max;) {
    const uint32_t count = receive_batch();
    if (count == 0) return;
    deliver_batch(count);
    delivered += count;
  }
}

void UdpSocket::receive_first() {
  loop_.ring().receive_message(descriptor_, inbox_->headers[inbox_->ring_slot()].msg_hdr, first_);
}

// What the ring has taken from the socket nobody else can read any more: it is delivered although
// we were stopped meanwhile.
void UdpSocket::on_first(int32_t result, uint32_t) {
  if (result >= 0) {
    inbox_->headers[inbox_->ring_slot()].msg_len = static_cast<uint32_t>(result);
    statistics_.datagrams_in.add();
    deliver(inbox_->ring_slot());
    if (started_) look_behind_first();
  }
  if (started_ && !first_.pending()) receive_first_again(result);
}

void UdpSocket::receive_first_again(int32_t result) {
  const bool failed = result < 0 && result != -EAGAIN && result != -EINTR && result != -ECANCELED;
  if (!failed) return receive_first();
  statistics_.receive_failures.add();
  loop_.timers().arm(retry_, loop_.now_ms() + kRetryMs);
}

void UdpSocket::look_behind_first() {
  const bool believed = turns_alone_left_ > 0 && loop_.now_us() < alone_until_us_;
  if (believed) {
    --turns_alone_left_;
    return;
  }
  const bool before = std::exchange(looked_in_vain_, receive_rounds() == 0);
  if (!before || !looked_in_vain_) return;
  turns_alone_left_ = kTurnsAlone;
  alone_until_us_ = loop_.now_us() + kAloneUs;
}

void UdpSocket::resume() {
  if (started_) looked_in_vain_ = receive_rounds() == 0;
}

// A socket that was not emptied is read on in the next turn.
uint32_t UdpSocket::receive_rounds() {
  uint32_t received = 0;
  for (uint32_t round = 0; round < options_.rounds_per_turn_max && started_; ++round) {
    const uint32_t count = receive_batch();
    deliver_batch(count);
    received += count;
    if (count < options_.batch) return received;
  }
  if (started_) loop_.continue_next_turn(*this);
  return received;
}

uint32_t UdpSocket::receive_batch() {
  const int count =
      recvmmsg(descriptor_, inbox_->headers.data(), options_.batch, MSG_DONTWAIT, nullptr);
  statistics_.receives.add();
  if (count <= 0) return 0;
  statistics_.datagrams_in.add(static_cast<uint64_t>(count));
  return static_cast<uint32_t>(count);
}

void UdpSocket::announce(uint32_t index) {
  __builtin_prefetch(inbox_->slot(std::min(index + kTouchedAhead, options_.batch - 1)).data());
  const mmsghdr& header = inbox_->headers[index];
  if (header.msg_hdr.msg_flags & MSG_TRUNC) return;
  handler_->on_datagram_ahead(inbox_->slot(index).first(header.msg_len));
}

void UdpSocket::deliver_batch(uint32_t count) {
  for (uint32_t i = 1; i < std::min(count, kAhead); ++i) announce(i);
  for (uint32_t i = 0; i < count; ++i) {
    if (i + kAhead < count) announce(i + kAhead);
    deliver(i);
  }
}

void UdpSocket::deliver(uint32_t index) {
  mmsghdr& header = inbox_->headers[index];
  if (header.msg_hdr.msg_flags & MSG_TRUNC) {
    statistics_.truncated_in.add();
  } else {
    if (wildcard_) read_local(header.msg_hdr, inbox_->paths[index]);
    handler_->on_datagram(inbox_->slot(index).first(header.msg_len), inbox_->paths[index]);
  }
  inbox_->open(index);
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
