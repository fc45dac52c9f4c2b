// Room for receiving and sending datagrams, shared by all sockets of a loop.
//
// So ten thousand clients need one receive buffer, and what a client queues is all that it holds.
// Sockets are connected: datagrams carry no addresses, and the kernel looks up no routes.
//
// What one turn queues for a client leaves in one call. A run of datagrams of one size leaves as
// one large one that the kernel cuts (UDP_SEGMENT, Linux 4.18), which costs a fraction; where it
// refuses, they go by sendmmsg. One alone goes by send(): less to copy in.

#pragma once

#include <sys/socket.h>

#include <memory>
#include <vector>

#include "engine/base/bytes.h"
#include "tools/clients/statistics.h"

namespace dotring::clients {

class DatagramBatch {
 public:
  struct Options {
    uint32_t datagrams = 64;        ///< per system call
    size_t receive_size = 65536;    ///< octets; more than UDP allows
    bool segmentation = true;       ///< use UDP_SEGMENT where it applies
    uint32_t segments_min = 4;      ///< fewer are not worth it
    uint32_t segments_max = 64;     ///< the kernel's limit (UDP_MAX_SEGMENTS)
    size_t segment_size_max = 512;  ///< octets; larger datagrams might not fit the path
  };

  DatagramBatch(const Options& options, Statistics& statistics);

  /// Receives what is there, up to `count_max` (1 to capacity()); 0 when there is nothing. After a
  /// notice that nobody listens there it is 0 too.
  uint32_t receive(int descriptor, uint32_t count_max);
  Bytes received(uint32_t index) const;
  uint32_t capacity() const { return options_.datagrams; }

  /// Sends the datagrams that stand one behind the other in `bytes`, `sizes` octets each.
  void send(int descriptor, Bytes bytes, const std::vector<uint16_t>& sizes);

 private:
  size_t send_run(int descriptor, Bytes bytes, const uint16_t* sizes, size_t count);
  size_t run_of_one_size(const uint16_t* sizes, size_t count) const;
  bool send_segmented(int descriptor, Bytes bytes, uint16_t size);
  size_t send_each(int descriptor, Bytes bytes, const uint16_t* sizes, size_t count);

  int receive_one(int descriptor);

  const Options options_;
  Statistics& statistics_;
  bool segmentation_;
  std::vector<mmsghdr> incoming_;
  std::vector<iovec> incoming_vectors_;
  std::vector<mmsghdr> outgoing_;
  std::vector<iovec> outgoing_vectors_;
  std::unique_ptr<uint8_t[]> bytes_;
};

}  // namespace dotring::clients
