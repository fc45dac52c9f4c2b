#include "tools/clients/datagram_sender.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "engine/io/udp_path.h"

namespace dotring::clients {
namespace {

iovec vector_of(Bytes bytes) {
  return {const_cast<uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

bool is_notice(int error) {
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH;
}

DatagramSender::Single::Single(DatagramSender& its_sender, int its_descriptor, Bytes bytes)
    : sender(its_sender), descriptor(its_descriptor), size(static_cast<uint16_t>(bytes.size())) {
  sent.bind<&Single::on_sent>(this);
  std::memcpy(octets, bytes.data(), bytes.size());
}

DatagramSender::DatagramSender(io::Ring& ring, const Options& options, Statistics& statistics)
    : options_(options),
      ring_(ring),
      statistics_(statistics),
      singles_(options.by_ring_slots),
      segmentation_(options.segmentation),
      outgoing_(options.datagrams),
      outgoing_vectors_(options.datagrams) {
  for (uint32_t i = 0; i < options.datagrams; ++i) {
    outgoing_[i].msg_hdr.msg_iov = &outgoing_vectors_[i];
    outgoing_[i].msg_hdr.msg_iovlen = 1;
  }
}

void DatagramSender::send(int descriptor, Bytes bytes, const std::vector<uint16_t>& sizes) {
  const bool few = sizes.size() <= options_.by_ring_max;
  size_t done = 0;
  while (done < sizes.size()) {
    const bool queued = few && send_by_ring(descriptor, bytes.first(sizes[done]));
    const size_t sent =
        queued ? 1 : send_run(descriptor, bytes, sizes.data() + done, sizes.size() - done);
    for (size_t i = 0; i < sent; ++i) bytes = bytes.subspan(sizes[done + i]);
    done += sent;
  }
}

bool DatagramSender::send_by_ring(int descriptor, Bytes bytes) {
  if (bytes.size() > Single::kSizeMax) return false;
  Single* single = singles_.take(*this, descriptor, bytes);
  if (!single) return false;
  ring_.send_at_once(descriptor, single->bytes(), single->sent);
  return true;
}

// The socket is still open: what its client had begun before it was closed ends first.
void DatagramSender::on_sent(Single* single, int32_t result) {
  if (result < 0 && is_notice(-result)) {
    statistics_.refusals.add();
    if (::send(single->descriptor, single->octets, single->size, MSG_DONTWAIT) >= 0) result = 0;
  }
  if (result < 0) statistics_.send_failures.add();
  singles_.give_back(single);
}

// Returns how many datagrams were dealt with: sent, or refused by the kernel.
size_t DatagramSender::send_run(int descriptor, Bytes bytes, const uint16_t* sizes, size_t count) {
  const size_t same = segmentation_ ? run_of_one_size(sizes, count) : 0;
  if (same >= options_.segments_min) {
    if (send_segmented(descriptor, bytes.first(same * sizes[0]), sizes[0])) return same;
  }
  return send_each(descriptor, bytes, sizes, std::min<size_t>(count, options_.datagrams));
}

size_t DatagramSender::run_of_one_size(const uint16_t* sizes, size_t count) const {
  if (sizes[0] > options_.segment_size_max) return 0;
  size_t same = 1;
  while (same < count && same < options_.segments_max && sizes[same] == sizes[0]) ++same;
  return same;
}

bool DatagramSender::send_segmented(int descriptor, Bytes bytes, uint16_t size) {
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof size)] = {};
  iovec vector = vector_of(bytes);
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  io::add_control(header, SOL_UDP, UDP_SEGMENT, &size, sizeof size);
  if (sendmsg(descriptor, &header, MSG_DONTWAIT) >= 0) return true;
  // Not this time (a notice, no memory), or never on this path.
  segmentation_ = is_notice(errno) || errno == EAGAIN || errno == ENOBUFS;
  return false;
}

size_t DatagramSender::send_each(int descriptor, Bytes bytes, const uint16_t* sizes, size_t count) {
  Bytes rest = bytes;
  for (size_t i = 0; i < count; ++i) {
    outgoing_vectors_[i] = vector_of(rest.first(sizes[i]));
    rest = rest.subspan(sizes[i]);
  }
  const auto call = [&] {
    return sendmmsg(descriptor, outgoing_.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
  };
  int sent = call();
  if (sent < 0 && is_notice(errno)) {
    statistics_.refusals.add();
    sent = call();
  }
  if (sent > 0) return static_cast<size_t>(sent);
  statistics_.send_failures.add();
  return 1;
}

}  // namespace dotring::clients
