// Sends the datagrams of all sockets of a loop.
//
// Sockets are connected: datagrams carry no addresses, and the kernel looks up no routes.
//
// What one turn queues for a client leaves together. A few datagrams leave by the ring, with those
// of all other clients: a system call for each client would cost more than the sending. A run of
// datagrams of one size leaves as one large one that the kernel cuts (UDP_SEGMENT, Linux 4.18),
// which costs a fraction; where it refuses, they go by sendmmsg.

#pragma once

#include <sys/socket.h>

#include <vector>

#include "engine/base/slab.h"
#include "engine/io/ring.h"
#include "tools/clients/statistics.h"

namespace dotring::clients {

/// An error that an earlier datagram caused (nobody listens there) is told to the next operation on
/// its socket, which can be tried again.
bool is_notice(int error);

class DatagramSender {
 public:
  struct Options {
    uint32_t by_ring_max = 3;       ///< of one client and turn; more go by system calls
    uint32_t by_ring_slots = 1024;  ///< of all clients; what finds none goes by a system call
    uint32_t datagrams = 64;        ///< per system call
    bool segmentation = true;       ///< use UDP_SEGMENT where it applies
    uint32_t segments_min = 4;      ///< fewer are not worth it
    uint32_t segments_max = 64;     ///< the kernel's limit (UDP_MAX_SEGMENTS)
    size_t segment_size_max = 512;  ///< octets; larger datagrams might not fit the path
  };

  DatagramSender(io::Ring& ring, const Options& options, Statistics& statistics);

  /// Sends the datagrams that stand one behind the other in `bytes`, `sizes` octets each.
  void send(int descriptor, Bytes bytes, const std::vector<uint16_t>& sizes);

 private:
  /// A datagram on its way through the ring.
  struct Single {
    static constexpr size_t kSizeMax = 512;

    Single(DatagramSender& its_sender, int its_descriptor, Bytes bytes);
    void on_sent(int32_t result, uint32_t) { sender.on_sent(this, result); }
    Bytes bytes() const { return {octets, size}; }

    DatagramSender& sender;
    io::Completion sent;
    int descriptor;
    uint16_t size;
    uint8_t octets[kSizeMax];
  };

  bool send_by_ring(int descriptor, Bytes bytes);
  void on_sent(Single* single, int32_t result);
  size_t send_run(int descriptor, Bytes bytes, const uint16_t* sizes, size_t count);
  size_t run_of_one_size(const uint16_t* sizes, size_t count) const;
  bool send_segmented(int descriptor, Bytes bytes, uint16_t size);
  size_t send_each(int descriptor, Bytes bytes, const uint16_t* sizes, size_t count);

  const Options options_;
  io::Ring& ring_;
  Statistics& statistics_;
  Slab<Single> singles_;
  bool segmentation_;
  std::vector<mmsghdr> outgoing_;
  std::vector<iovec> outgoing_vectors_;
};

}  // namespace dotring::clients
