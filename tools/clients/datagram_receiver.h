// Receives datagrams by system calls, many at a time: for the sockets of a loop that have many to
// receive.
//
// All of them share its room, so a socket holds none.

#pragma once

#include <sys/socket.h>

#include <memory>
#include <vector>

#include "engine/base/bytes.h"

namespace dotring::clients {

class DatagramReceiver {
 public:
  struct Options {
    uint32_t datagrams = 64;      ///< per system call
    size_t receive_size = 65536;  ///< octets; more than UDP allows
  };

  explicit DatagramReceiver(const Options& options);

  /// Receives what is there, at most capacity(). 0: nothing; then `error` says whether there was a
  /// notice (is_notice()).
  uint32_t receive(int descriptor, int& error);
  Bytes received(uint32_t index) const;
  uint32_t capacity() const { return options_.datagrams; }

 private:
  const Options options_;
  std::vector<mmsghdr> headers_;
  std::vector<iovec> vectors_;
  std::unique_ptr<uint8_t[]> bytes_;
};

}  // namespace dotring::clients
