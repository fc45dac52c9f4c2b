#include "engine/io/udp_outbox.h"

#include <netinet/udp.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace dotring::io {
namespace {

// The kernel's limits: UDP_MAX_SEGMENTS, and the payload of the longest datagram over IPv4.
constexpr uint32_t kRunDatagramsMax = 64;
constexpr size_t kRunOctetsMax = 65507;
// A longer segment might not fit the path, and the kernel refuses the whole run then.
constexpr size_t kSegmentSizeMax = 1232;
// After a path that takes no runs.
constexpr uint32_t kSendsWithoutRuns = 1000;

bool same_peer(const UdpPath& a, const UdpPath& b) {
  return std::memcmp(&a.peer6, &b.peer6, a.peer_size()) == 0;
}

bool same_local(const UdpPath& a, const UdpPath& b) {
  if (a.is_ipv4()) return std::memcmp(a.local.s6_addr + 12, b.local.s6_addr + 12, 4) == 0;
  return a.local_interface == b.local_interface && IN6_ARE_ADDR_EQUAL(&a.local, &b.local);
}

/// Longer than the path takes, or a route or interface that cannot cut (IPsec, checksums in
/// software).
bool is_of_the_path(int error) {
  return error == EIO || error == EINVAL || error == EMSGSIZE;
}

}  // namespace

UdpOutbox::UdpOutbox(const Options& options)
    : options_(options),
      // Not zeroed: only the pages that replies are written to are ever touched.
      bytes_(std::make_unique_for_overwrite<uint8_t[]>(options.datagrams_max * options.size_max)),
      headers_(options.datagrams_max),
      entries_(options.datagrams_max) {
  for (uint32_t i = 0; i < options.datagrams_max; ++i) {
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &entries_[i].path;
    header.msg_iov = &entries_[i].vector;
    header.msg_iovlen = 1;
    header.msg_control = entries_[i].control.octets;
  }
}

void UdpOutbox::add(const UdpPath& path, size_t size) {
  assert(!full() && size <= options_.size_max);
  if (continues_run(path, size)) {
    continue_run(size);
  } else {
    begin_message(path, size);
  }
  used_ += size;
  ++datagrams_;
}

bool UdpOutbox::continues_run(const UdpPath& path, size_t size) const {
  if (sends_without_runs_ > 0 || messages_ == 0) return false;
  const Message& run = entries_[messages_ - 1];
  const size_t octets = run.vector.iov_len;
  const bool ended = octets != size_t{run.segment_size} * run.datagrams;
  return size > 0 && size <= run.segment_size && run.segment_size <= kSegmentSizeMax && !ended &&
         run.datagrams < kRunDatagramsMax && octets + size <= kRunOctetsMax &&
         same_peer(run.path, path) && (!options_.with_local || same_local(run.path, path));
}

void UdpOutbox::begin_message(const UdpPath& path, size_t size) {
  Message& message = entries_[messages_];
  message.vector = {bytes_.get() + used_, size};
  message.path = path;
  message.datagrams = 1;
  message.segment_size = static_cast<uint16_t>(size);
  msghdr& header = headers_[messages_].msg_hdr;
  header.msg_namelen = path.peer_size();
  header.msg_controllen = 0;
  if (options_.with_local) write_local(header, path);
  ++messages_;
}

void UdpOutbox::continue_run(size_t size) {
  Message& run = entries_[messages_ - 1];
  run.vector.iov_len += size;
  if (++run.datagrams == 2) {
    add_control(headers_[messages_ - 1].msg_hdr, SOL_UDP, UDP_SEGMENT, &run.segment_size,
                sizeof run.segment_size);
  }
}

UdpOutbox::Sent UdpOutbox::send(int descriptor) {
  Sent sent;
  if (sends_without_runs_ > 0) --sends_without_runs_;
  for (uint32_t done = 0; done < messages_;) {
    const int taken = sendmmsg(descriptor, headers_.data() + done, messages_ - done, MSG_DONTWAIT);
    ++sent.calls;
    for (int i = 0; i < taken; ++i) {
      const uint32_t datagrams = entries_[done++].datagrams;
      sent.datagrams += datagrams;
      if (datagrams > 1) sent.in_runs += datagrams;
    }
    if (taken > 0) continue;
    if (entries_[done].datagrams > 1) {
      send_singly(descriptor, done, sent);
    } else {
      ++sent.refused;
    }
    ++done;
  }
  used_ = datagrams_ = messages_ = 0;
  return sent;
}

// The kernel takes this run not now, or not on its path, which need not be true of others.
void UdpOutbox::send_singly(int descriptor, uint32_t index, Sent& sent) {
  if (is_of_the_path(errno)) sends_without_runs_ = kSendsWithoutRuns;
  const Message& run = entries_[index];
  msghdr header = headers_[index].msg_hdr;
  header.msg_controllen -= CMSG_SPACE(sizeof run.segment_size);
  Bytes rest{static_cast<const uint8_t*>(run.vector.iov_base), run.vector.iov_len};
  while (!rest.empty()) {
    const Bytes datagram = rest.first(std::min<size_t>(run.segment_size, rest.size()));
    rest = rest.subspan(datagram.size());
    iovec vector{const_cast<uint8_t*>(datagram.data()), datagram.size()};
    header.msg_iov = &vector;
    const bool taken = sendmsg(descriptor, &header, MSG_DONTWAIT) >= 0;
    ++sent.calls;
    ++(taken ? sent.datagrams : sent.refused);
  }
}

}  // namespace dotring::io
