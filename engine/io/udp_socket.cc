#include "engine/io/udp_socket.h"

#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "engine/io/kernel.h"
#include "engine/io/socket_address.h"

namespace dotring::io {
namespace {

// Room for the asked address of either family.
constexpr size_t kControlSize = CMSG_SPACE(sizeof(in6_pktinfo));

// The kernel doubles SO_RCVBUF, and charges a datagram with no less than 512 octets of that.
constexpr int kReceiveBufferBytesPerDatagram = 256;

bool is_unspecified(const IpAddress& address) {
  for (const uint8_t octet : address.wire()) {
    if (octet != 0) return false;
  }
  return true;
}

socklen_t peer_size(const UdpPath& path) {
  return path.is_ipv4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

// IP_PKTINFO's ipi_addr is the header's destination address, which is what the client asked;
// ipi_spec_dst is what the kernel would answer from, and differs for broadcasts.
void read_local(msghdr& header, UdpPath& path) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(each), sizeof info);
      std::memcpy(path.local.s6_addr + 12, &info.ipi_addr, sizeof info.ipi_addr);
      path.local_interface = static_cast<uint32_t>(info.ipi_ifindex);
    } else if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(each), sizeof info);
      path.local = info.ipi6_addr;
      path.local_interface = info.ipi6_ifindex;
    }
  }
}

template <typename Info>
void write_control(msghdr& header, int level, int type, const Info& info) {
  header.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* control = CMSG_FIRSTHDR(&header);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(control), &info, sizeof info);
}

// For IPv4 the interface stays open, so that routing decides; link-local IPv6 needs it.
void write_local(msghdr& header, const UdpPath& path) {
  if (path.is_ipv4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, path.local.s6_addr + 12, sizeof info.ipi_spec_dst);
    write_control(header, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_addr = path.local;
    if (IN6_IS_ADDR_LINKLOCAL(&path.local)) info.ipi6_ifindex = path.local_interface;
    write_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

}  // namespace

// All that one recvmmsg or sendmmsg needs, laid out once: headers point at paths, vectors at bytes.
struct UdpSocket::Batch {
  static constexpr size_t kLineSize = 64;

  struct alignas(cmsghdr) Control {
    uint8_t octets[kControlSize];
  };

  Batch(uint32_t count, size_t size, bool with_control)
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
      open_for_receive(i);
    }
  }

  /// The kernel writes the sizes that it used over those that it may use, in the headers it fills.
  void open_for_receive(uint32_t index) {
    headers[index].msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    headers[index].msg_hdr.msg_controllen = controls.empty() ? 0 : kControlSize;
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

Endpoint UdpPath::peer() const {
  return is_ipv4() ? endpoint_of(peer4) : endpoint_of(peer6);
}

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
  incoming_ = std::make_unique<Batch>(options_.batch, options_.receive_size_max, wildcard_);
  outgoing_ = std::make_unique<Batch>(options_.batch, options_.send_size_max, wildcard_);
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
      recvmmsg(descriptor_, incoming_->headers.data(), options_.batch, MSG_DONTWAIT, nullptr);
  if (count > 0) {
    statistics_.receives.add();
    statistics_.datagrams_in.add(static_cast<uint64_t>(count));
  }
  return count;
}

void UdpSocket::announce(uint32_t index) {
  __builtin_prefetch(incoming_->slot(std::min(index + kTouchedAhead, options_.batch - 1)).data());
  const mmsghdr& header = incoming_->headers[index];
  if (header.msg_hdr.msg_flags & MSG_TRUNC) return;
  handler_->on_datagram_ahead(incoming_->slot(index).first(header.msg_len));
}

void UdpSocket::deliver(uint32_t count) {
  for (uint32_t i = 1; i < std::min(count, kAhead); ++i) announce(i);
  for (uint32_t i = 0; i < count; ++i) {
    if (i + kAhead < count) announce(i + kAhead);
    mmsghdr& header = incoming_->headers[i];
    if (header.msg_hdr.msg_flags & MSG_TRUNC) {
      statistics_.truncated_in.add();
    } else {
      if (wildcard_) read_local(header.msg_hdr, incoming_->paths[i]);
      handler_->on_datagram(incoming_->slot(i).first(header.msg_len), incoming_->paths[i]);
    }
    incoming_->open_for_receive(i);
  }
}

MutableBytes UdpSocket::reserve(size_t size_max) {
  if (size_max > options_.send_size_max) return {};
  if (slots_used_ == options_.batch) send_slots();
  return outgoing_->slot(slots_used_);
}

void UdpSocket::commit(const UdpPath& path, size_t size) {
  assert(size <= options_.send_size_max && slots_used_ < options_.batch);
  msghdr& header = outgoing_->headers[slots_used_].msg_hdr;
  outgoing_->paths[slots_used_] = path;
  outgoing_->vectors[slots_used_].iov_len = size;
  header.msg_namelen = peer_size(path);
  if (wildcard_) write_local(header, path);
  ++slots_used_;
  loop_.schedule(*this);
}

void UdpSocket::flush() {
  send_slots();
}

// A datagram that the kernel refuses is dropped, as the network would; those behind it still leave.
void UdpSocket::send_slots() {
  uint32_t done = 0;
  while (done < slots_used_) {
    const int sent =
        sendmmsg(descriptor_, outgoing_->headers.data() + done, slots_used_ - done, MSG_DONTWAIT);
    statistics_.sends.add();
    if (sent > 0) {
      done += static_cast<uint32_t>(sent);
      statistics_.datagrams_out.add(static_cast<uint64_t>(sent));
    } else {
      ++done;
      statistics_.send_failures.add();
    }
  }
  slots_used_ = 0;
}

}  // namespace dotring::io
