// Datagrams on their way out of a UDP socket: written in place, sent by one sendmmsg.
//
// They stand one behind the other, so that those that follow each other to one client in one size
// are one run: the kernel takes a run as one large datagram and cuts it (UDP_SEGMENT, Linux 4.18),
// which costs it little more than one. Clients that ask much from few sockets get such runs
// (forwarders, load tests); to all others a datagram leaves as it would without.
//
// Invariant: messages_ <= datagrams_ <= options.datagrams_max.

#pragma once

#include <sys/socket.h>

#include <memory>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/io/udp_path.h"

namespace dotring::io {

class UdpOutbox {
 public:
  struct Options {
    uint32_t datagrams_max;
    size_t size_max;  ///< octets of a datagram
    bool with_local;  ///< each leaves from the address in its path
  };

  struct Sent {
    uint32_t calls = 0;      ///< of sendmmsg and sendmsg
    uint32_t datagrams = 0;  ///< that the kernel took,
    uint32_t in_runs = 0;    ///< those among them that left in a run
    uint32_t refused = 0;    ///< datagrams that it did not take
  };

  explicit UdpOutbox(const Options& options);

  bool full() const { return datagrams_ == options_.datagrams_max; }
  /// Room for the next datagram, while the outbox is not full.
  MutableBytes room() { return {bytes_.get() + used_, options_.size_max}; }
  /// The first `size` octets of room() go to `path`'s peer.
  void add(const UdpPath& path, size_t size);
  /// Empties the outbox. What the kernel refuses is dropped, as the network would; those behind it
  /// still leave.
  Sent send(int descriptor);

 private:
  struct alignas(cmsghdr) Control {
    uint8_t octets[kLocalControlSize + CMSG_SPACE(sizeof(uint16_t))];
  };

  /// One entry of sendmmsg: a datagram, or a run of them.
  struct Message {
    iovec vector;
    UdpPath path;
    Control control;
    uint32_t datagrams;
    uint16_t segment_size;  ///< of all its datagrams but the last, which may be shorter
  };

  bool continues_run(const UdpPath& path, size_t size) const;
  void begin_message(const UdpPath& path, size_t size);
  void continue_run(size_t size);
  void send_singly(int descriptor, uint32_t index, Sent& sent);

  const Options options_;
  std::unique_ptr<uint8_t[]> bytes_;
  size_t used_ = 0;
  uint32_t datagrams_ = 0;
  uint32_t messages_ = 0;
  uint32_t sends_without_runs_ = 0;
  std::vector<mmsghdr> headers_;
  std::vector<Message> entries_;
};

}  // namespace dotring::io
