// The only door to io_uring: one ring, owned and entered by one thread.
//
// Single issuer with deferred task work: completions are processed only when this thread asks for
// them, so no callback ever runs in between. Newer kernel features are probed (kernel.h), never
// assumed. The kernel refuses all other operations on it (restrictions, Linux 5.10).
//
// Completions are reaped first and run afterwards; an operation that could not get a submission
// entry makes room by submitting what is queued.

#pragma once

#include <liburing.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/io/completion.h"

namespace dotring::io {

struct RingOptions {
  /// Submission entries; the completion queue has four times as many.
  uint32_t entries = 1024;
  /// Provided buffers for multishot receives, shared by all streams of the ring: a power of two.
  uint16_t receive_buffers = 256;
  uint32_t receive_buffer_size = 8192;  ///< octets
};

class Ring {
 public:
  explicit Ring(const RingOptions& options);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// Opens the ring and registers its buffers. Not null: what failed and the remedy, in one line.
  std::optional<std::string> open();

  // Operations. Each starts `completion`, which must not be pending. Descriptors and memory stay
  // valid until its last completion.
  void poll_readable_multishot(int descriptor, Completion& completion);
  void accept_multishot(int descriptor, Completion& completion);
  void connect(int descriptor, const sockaddr* address, socklen_t size, Completion& completion);
  /// From a datagram socket each completion is one datagram: an empty one is the last, and of one
  /// that is longer than a receive buffer the rest is lost.
  void receive_multishot(int descriptor, Completion& completion);
  /// One datagram, with what `header` has room for; it stays where it is.
  void receive_message(int descriptor, msghdr& header, Completion& completion);
  void send(int descriptor, Bytes bytes, Completion& completion);
  /// Never waits for room: completes with the next submission, with -EAGAIN where there is none.
  void send_at_once(int descriptor, Bytes bytes, Completion& completion);
  void read(int descriptor, void* buffer, uint32_t size, Completion& completion);
  /// Asks that `target` ends soon; it still completes.
  void cancel(Completion& target);

  /// The bytes of a completion of receive_multishot(); they stay until give_back().
  Bytes received(int32_t result, uint32_t flags) const;
  /// Must follow each received(): a buffer that is not given back starves the ring.
  void give_back(uint32_t flags);

  /// Submits what is queued and waits for at least one completion, at most `wait_us`; 0 does not
  /// wait.
  void submit_and_wait(uint64_t wait_us);
  /// Reaps everything that has completed and runs it. Returns the number.
  size_t run_completions();
  /// Operations started and not yet ended.
  size_t pending() const { return pending_; }

 private:
  struct Reaped {
    Completion* completion;
    int32_t result;
    uint32_t flags;
  };

  io_uring_sqe* begin(Completion& completion);
  io_uring_sqe* next_entry();
  std::optional<std::string> provide_buffers();
  std::optional<std::string> enable();
  void provide(uint16_t buffer, int position);
  size_t buffer_ring_size() const;
  void reap();

  const RingOptions options_;
  io_uring ring_{};
  bool opened_ = false;
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::unique_ptr<uint8_t[]> buffers_;
  std::vector<Reaped> reaped_;
  size_t pending_ = 0;
};

}  // namespace dotring::io
