#include "tools/clients/datagram_batch.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

namespace dotring::clients {
namespace {

// An error that an earlier datagram caused is told to the next call; the call can be tried again.
bool is_notice(int error) {
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH;
}

iovec vector_of(Bytes bytes) {
  return {const_cast<uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

DatagramBatch::DatagramBatch(const Options& options, Statistics& statistics)
    : options_(options),
      statistics_(statistics),
      segmentation_(options.segmentation),
      incoming_(options.datagrams),
      incoming_vectors_(options.datagrams),
      outgoing_(options.datagrams),
      outgoing_vectors_(options.datagrams),
      bytes_(std::make_unique_for_overwrite<uint8_t[]>(options.datagrams * options.receive_size)) {
  for (uint32_t i = 0; i < options.datagrams; ++i) {
    incoming_vectors_[i] = {bytes_.get() + i * options.receive_size, options.receive_size};
    incoming_[i] = {};
    incoming_[i].msg_hdr.msg_iov = &incoming_vectors_[i];
    incoming_[i].msg_hdr.msg_iovlen = 1;
    outgoing_[i] = {};
    outgoing_[i].msg_hdr.msg_iov = &outgoing_vectors_[i];
    outgoing_[i].msg_hdr.msg_iovlen = 1;
  }
}

// Less to copy in and out than a vector of one.
int DatagramBatch::receive_one(int descriptor) {
  const ssize_t size = ::recv(descriptor, bytes_.get(), options_.receive_size, MSG_DONTWAIT);
  if (size < 0) return -1;
  incoming_[0].msg_len = static_cast<unsigned>(size);
  return 1;
}

uint32_t DatagramBatch::receive(int descriptor, uint32_t count_max) {
  const int count = count_max == 1
                        ? receive_one(descriptor)
                        : recvmmsg(descriptor, incoming_.data(), count_max, MSG_DONTWAIT, nullptr);
  if (count > 0) return static_cast<uint32_t>(count);
  if (count < 0 && is_notice(errno)) statistics_.refusals.add();
  return 0;
}

Bytes DatagramBatch::received(uint32_t index) const {
  return {bytes_.get() + index * options_.receive_size, incoming_[index].msg_len};
}

void DatagramBatch::send(int descriptor, Bytes bytes, const std::vector<uint16_t>& sizes) {
  size_t done = 0;
  while (done < sizes.size()) {
    const size_t sent = send_run(descriptor, bytes, sizes.data() + done, sizes.size() - done);
    for (size_t i = 0; i < sent; ++i) bytes = bytes.subspan(sizes[done + i]);
    done += sent;
  }
}

// Returns how many datagrams were dealt with: sent, or refused by the kernel.
size_t DatagramBatch::send_run(int descriptor, Bytes bytes, const uint16_t* sizes, size_t count) {
  const size_t same = segmentation_ ? run_of_one_size(sizes, count) : 0;
  if (same >= options_.segments_min) {
    if (send_segmented(descriptor, bytes.first(same * sizes[0]), sizes[0])) return same;
  }
  return send_each(descriptor, bytes, sizes, std::min<size_t>(count, options_.datagrams));
}

size_t DatagramBatch::run_of_one_size(const uint16_t* sizes, size_t count) const {
  if (sizes[0] > options_.segment_size_max) return 0;
  size_t same = 1;
  while (same < count && same < options_.segments_max && sizes[same] == sizes[0]) ++same;
  return same;
}

bool DatagramBatch::send_segmented(int descriptor, Bytes bytes, uint16_t size) {
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof size)] = {};
  iovec vector = vector_of(bytes);
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* message = CMSG_FIRSTHDR(&header);
  message->cmsg_level = SOL_UDP;
  message->cmsg_type = UDP_SEGMENT;
  message->cmsg_len = CMSG_LEN(sizeof size);
  std::memcpy(CMSG_DATA(message), &size, sizeof size);
  if (sendmsg(descriptor, &header, MSG_DONTWAIT) >= 0) return true;
  // Not this time (a notice, no memory), or never on this path.
  segmentation_ = is_notice(errno) || errno == EAGAIN || errno == ENOBUFS;
  return false;
}

size_t DatagramBatch::send_each(int descriptor, Bytes bytes, const uint16_t* sizes, size_t count) {
  Bytes rest = bytes;
  for (size_t i = 0; i < count; ++i) {
    outgoing_vectors_[i] = vector_of(rest.first(sizes[i]));
    rest = rest.subspan(sizes[i]);
  }
  const auto call = [&] {
    if (count == 1) {
      return ::send(descriptor, bytes.data(), sizes[0], MSG_DONTWAIT) < 0 ? -1 : 1;
    }
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
