#include "tools/clients/datagram_receiver.h"

#include <cerrno>

namespace dotring::clients {

DatagramReceiver::DatagramReceiver(const Options& options)
    : options_(options),
      headers_(options.datagrams),
      vectors_(options.datagrams),
      bytes_(std::make_unique_for_overwrite<uint8_t[]>(options.datagrams * options.receive_size)) {
  for (uint32_t i = 0; i < options.datagrams; ++i) {
    vectors_[i] = {bytes_.get() + i * options.receive_size, options.receive_size};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

uint32_t DatagramReceiver::receive(int descriptor, int& error) {
  const int count = recvmmsg(descriptor, headers_.data(), capacity(), MSG_DONTWAIT, nullptr);
  error = count < 0 ? errno : 0;
  return count > 0 ? static_cast<uint32_t>(count) : 0;
}

Bytes DatagramReceiver::received(uint32_t index) const {
  return {bytes_.get() + index * options_.receive_size, headers_[index].msg_len};
}

}  // namespace dotring::clients
