// A UDP socket: the first datagram of a turn by the ring, the rest by recvmmsg, replies by
// sendmmsg.
//
// Most of the cost is the kernel's, so what counts is many datagrams per system call, no copy of
// our own, and for a datagram that comes alone no call that finds nothing: the ring waits with a
// receive, and what stands behind its datagram is looked for where datagrams come together. Why not
// multishot receives: measured dearer than recvmmsg.
//
// Datagrams are written in place into the outbox, which leaves at the end of the turn, or earlier
// when it is full. On a wildcard socket each datagram carries the address that was asked, and the
// reply leaves from it (IP_PKTINFO, IPV6_PKTINFO).
//
// Invariant: the octets of a datagram are not touched between commit() and the flush.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/base/address.h"
#include "engine/base/counter.h"
#include "engine/io/loop.h"
#include "engine/io/udp_outbox.h"
#include "engine/io/udp_path.h"

namespace dotring::io {

class UdpHandler {
 public:
  /// These bytes will be given to on_datagram() after the next few datagrams: time to fetch what
  /// answering them needs from far memory. Only a hint, and only where datagrams came together.
  virtual void on_datagram_ahead(Bytes) {}
  /// `bytes` are valid during the call. `path` too: copy it to answer later.
  virtual void on_datagram(Bytes bytes, const UdpPath& path) = 0;

 protected:
  ~UdpHandler() = default;
};

struct UdpStatistics {
  Counter receives;  ///< recvmmsg calls, also those that found nothing
  Counter receive_failures;
  Counter datagrams_in;
  Counter truncated_in;  ///< longer than receive_size_max: not delivered
  Counter sends;         ///< calls of sendmmsg and sendmsg
  Counter datagrams_out;
  Counter datagrams_out_in_runs;  ///< several to one client that the kernel took as one
  Counter send_failures;          ///< datagrams the kernel refused
};

/// What the kernel dropped of a socket's datagrams, because its receive buffer was full. It counts
/// for the socket, whoever holds and held it.
struct UdpDrops {
  uint64_t socket = 0;     ///< the same for all that hold it
  uint64_t datagrams = 0;  ///< begins again after 2^32
};

class UdpSocket final : private Flushable, private Resumable {
 public:
  struct Options {
    uint32_t batch = 128;                ///< datagrams per system call, both ways
    uint32_t rounds_per_turn_max = 2;    ///< batches received before other work gets its turn
    size_t receive_size_max = 4096;      ///< octets; a client's query is far smaller
    size_t send_size_max = 4096;         ///< octets of a datagram
    int receive_buffer_bytes = 4 << 20;  ///< SO_RCVBUF: what waits in the kernel under load
    int send_buffer_bytes = 4 << 20;     ///< SO_SNDBUF
    bool reuse_port = true;              ///< one socket per worker on the same address
  };

  UdpSocket(Loop& loop, const Options& options);
  ~UdpSocket();

  /// Binds. Port 0 picks a free one. Not null: what failed, without the address.
  std::optional<std::string> open(const Endpoint& local);
  /// Takes over a bound socket, which others may hold too, in place of open(). Not null: what
  /// failed; the descriptor is closed in the end all the same.
  std::optional<std::string> adopt(int descriptor);
  int descriptor() const { return descriptor_; }
  /// The bound address and port.
  Endpoint local() const { return local_; }
  void set_handler(UdpHandler* handler) { handler_ = handler; }

  /// Starts delivering datagrams.
  void start();
  /// Stops receiving; what the ring has received by then is still delivered, and committed
  /// datagrams still leave at the end of the turn.
  void stop();
  /// Delivers what has arrived by now and not been read, in any state. Bounded by what the kernel
  /// keeps for a socket, so that a flood cannot hold it up.
  void deliver_rest();
  /// True from start() until the ring has let go of the socket; it must not be destroyed before.
  bool active() const { return first_.pending(); }

  /// Room for one datagram of up to `size_max` octets (empty when that is above send_size_max).
  /// Valid until the next reserve().
  MutableBytes reserve(size_t size_max);
  /// The first `size` octets of that room go to `path`'s peer.
  void commit(const UdpPath& path, size_t size);

  const UdpStatistics& statistics() const { return statistics_; }
  /// From any thread, between open() and the end. The kernel is asked each time.
  UdpDrops drops() const;

 private:
  struct Inbox;

  /// How many datagrams ahead one is announced: time for two trips to memory, one after the other.
  static constexpr uint32_t kAhead = 8;
  /// How many further ahead its first octets are fetched: announcing it reads them.
  static constexpr uint32_t kTouchedAhead = 4;
  /// Datagrams that came alone twice are believed to go on doing so for as many turns, and no
  /// longer than so many microseconds, in which a busy turn lets others wait.
  static constexpr uint32_t kTurnsAlone = 7;
  static constexpr uint64_t kAloneUs = 2000;
  /// After an error that need not be gone at once.
  static constexpr uint64_t kRetryMs = 10;

  void flush() override;
  void resume() override;
  void receive_first();
  void on_first(int32_t result, uint32_t flags);
  void receive_first_again(int32_t result);
  void look_behind_first();
  uint32_t receive_rounds();
  uint32_t receive_batch();
  void deliver_batch(uint32_t count);
  void deliver(uint32_t index);
  void announce(uint32_t index);
  void send_outbox();
  std::optional<std::string> set_options(bool ipv4);

  Loop& loop_;
  const Options options_;
  UdpHandler* handler_ = nullptr;
  int descriptor_ = -1;
  bool wildcard_ = false;
  bool started_ = false;
  Endpoint local_;
  Completion first_;
  Timer retry_;
  bool looked_in_vain_ = false;
  uint32_t turns_alone_left_ = 0;
  uint64_t alone_until_us_ = 0;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<UdpOutbox> outbox_;
  UdpStatistics statistics_;
};

}  // namespace dotring::io
