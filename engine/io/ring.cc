#include "engine/io/ring.h"

#include <poll.h>
#include <sys/mman.h>

#include <cassert>
#include <cerrno>

#include "engine/io/kernel.h"

namespace dotring::io {
namespace {

constexpr int kBufferGroup = 0;

uint16_t buffer_of(uint32_t flags) {
  return static_cast<uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT);
}

}  // namespace

Ring::Ring(const RingOptions& options) : options_(options) {}

Ring::~Ring() {
  if (opened_) io_uring_queue_exit(&ring_);
  if (buffer_ring_) munmap(buffer_ring_, buffer_ring_size());
}

std::optional<std::string> Ring::open() {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                     IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
  parameters.cq_entries = options_.entries * 4;
  const int result = io_uring_queue_init_params(options_.entries, &ring_, &parameters);
  if (result < 0) return explain_ring_failure(-result);
  opened_ = true;
  // Saves the look-up of the ring's descriptor in each enter; failing costs only that.
  io_uring_register_ring_fd(&ring_);
  if (auto failure = provide_buffers()) return failure;
  return enable();
}

// Whoever got hold of this process could do through a ring what its system call filter forbids: so
// the ring takes what is in this file, and nothing else. (POLL_ADD is for the clients of load tests.)
std::optional<std::string> Ring::enable() {
  constexpr uint8_t kOperations[] = {IORING_OP_POLL_ADD, IORING_OP_ACCEPT,      IORING_OP_CONNECT,
                                     IORING_OP_RECVMSG,  IORING_OP_RECV,        IORING_OP_SEND,
                                     IORING_OP_READ,     IORING_OP_ASYNC_CANCEL};
  std::vector<io_uring_restriction> allowed;
  for (const uint8_t operation : kOperations) {
    allowed.emplace_back().opcode = IORING_RESTRICTION_SQE_OP;
    allowed.back().sqe_op = operation;
  }
  allowed.emplace_back().opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
  allowed.back().sqe_flags = IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS;
  // At the end of the ring.
  allowed.emplace_back().opcode = IORING_RESTRICTION_REGISTER_OP;
  allowed.back().register_op = IORING_UNREGISTER_RING_FDS;
  // By hand: liburing 2.3 (Debian 12) declares functions for these two, and does not have them.
  const auto descriptor = static_cast<unsigned>(ring_.ring_fd);
  int result = io_uring_register(descriptor, IORING_REGISTER_RESTRICTIONS, allowed.data(),
                                 static_cast<unsigned>(allowed.size()));
  if (result == 0) {
    result = io_uring_register(descriptor, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  }
  return result < 0 ? std::optional(explain_ring_failure(-result)) : std::nullopt;
}

size_t Ring::buffer_ring_size() const {
  return options_.receive_buffers * sizeof(io_uring_buf);
}

std::optional<std::string> Ring::provide_buffers() {
  void* memory =
      mmap(nullptr, buffer_ring_size(), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) return "no memory for the receive buffers: " + error_text(errno);
  buffer_ring_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(buffer_ring_);
  registration.ring_entries = options_.receive_buffers;
  registration.bgid = kBufferGroup;
  const int result = io_uring_register_buf_ring(&ring_, &registration, 0);
  if (result < 0) return explain_ring_failure(-result);
  io_uring_buf_ring_init(buffer_ring_);
  // Not zeroed: the pages are only touched when the kernel first fills them.
  buffers_ = std::make_unique_for_overwrite<uint8_t[]>(size_t{options_.receive_buffers} *
                                                       options_.receive_buffer_size);
  for (uint16_t i = 0; i < options_.receive_buffers; ++i) provide(i, i);
  io_uring_buf_ring_advance(buffer_ring_, options_.receive_buffers);
  return std::nullopt;
}

void Ring::provide(uint16_t buffer, int position) {
  io_uring_buf_ring_add(buffer_ring_,
                        buffers_.get() + size_t{buffer} * options_.receive_buffer_size,
                        options_.receive_buffer_size, buffer,
                        io_uring_buf_ring_mask(options_.receive_buffers), position);
}

io_uring_sqe* Ring::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (!entry) {
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

// Every operation begins here, so that none can be started twice.
io_uring_sqe* Ring::begin(Completion& completion) {
  assert(opened_ && !completion.pending_);
  completion.pending_ = true;
  ++pending_;
  return next_entry();
}

void Ring::poll_readable_multishot(int descriptor, Completion& completion) {
  io_uring_sqe* entry = begin(completion);
  io_uring_prep_poll_multishot(entry, descriptor, POLLIN);
  io_uring_sqe_set_data(entry, &completion);
}

void Ring::accept_multishot(int descriptor, Completion& completion) {
  io_uring_sqe* entry = begin(completion);
  io_uring_prep_multishot_accept(entry, descriptor, nullptr, nullptr, SOCK_CLOEXEC);
  io_uring_sqe_set_data(entry, &completion);
}

void Ring::connect(int descriptor, const sockaddr* address, socklen_t size,
                   Completion& completion) {
  io_uring_sqe* entry = begin(completion);
  io_uring_prep_connect(entry, descriptor, address, size);
  io_uring_sqe_set_data(entry, &completion);
}

void Ring::receive_multishot(int descriptor, Completion& completion) {
  io_uring_sqe* entry = begin(completion);
  io_uring_prep_recv_multishot(entry, descriptor, nullptr, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = kBufferGroup;
  io_uring_sqe_set_data(entry, &completion);
}

void Ring::receive_message(int descriptor, msghdr& header, Completion& completion) {
  io_uring_sqe* entry = begin(completion);
  io_uring_prep_recvmsg(entry, descriptor, &header, 0);
  io_uring_sqe_set_data(entry, &completion);
}

void Ring::send(int descriptor, Bytes bytes, Completion& completion) {
  io_uring_sqe* entry = begin(completion);
  io_uring_prep_send(entry, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  io_uring_sqe_set_data(entry, &completion);
}

void Ring::send_at_once(int descriptor, Bytes bytes, Completion& completion) {
  io_uring_sqe* entry = begin(completion);
  io_uring_prep_send(entry, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  io_uring_sqe_set_data(entry, &completion);
}

void Ring::read(int descriptor, void* buffer, uint32_t size, Completion& completion) {
  io_uring_sqe* entry = begin(completion);
  io_uring_prep_read(entry, descriptor, buffer, size, 0);
  io_uring_sqe_set_data(entry, &completion);
}

// The cancellation's own result tells nothing that the target's does not.
void Ring::cancel(Completion& target) {
  if (!target.pending_) return;
  io_uring_sqe* entry = next_entry();
  io_uring_prep_cancel(entry, &target, 0);
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  io_uring_sqe_set_data(entry, nullptr);
}

Bytes Ring::received(int32_t result, uint32_t flags) const {
  assert(result > 0 && (flags & IORING_CQE_F_BUFFER));
  return {buffers_.get() + size_t{buffer_of(flags)} * options_.receive_buffer_size,
          static_cast<size_t>(result)};
}

void Ring::give_back(uint32_t flags) {
  if (!(flags & IORING_CQE_F_BUFFER)) return;
  provide(buffer_of(flags), 0);
  io_uring_buf_ring_advance(buffer_ring_, 1);
}

void Ring::submit_and_wait(uint64_t wait_us) {
  if (wait_us == 0) {
    io_uring_submit_and_get_events(&ring_);
    return;
  }
  __kernel_timespec timeout{};
  timeout.tv_sec = static_cast<int64_t>(wait_us / 1'000'000);
  timeout.tv_nsec = static_cast<long long>(wait_us % 1'000'000 * 1000);
  io_uring_cqe* first = nullptr;
  io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
}

size_t Ring::run_completions() {
  reap();
  // Callbacks start new operations but never reap, so reaped_ does not change while it is walked.
  for (const Reaped& reaped : reaped_) {
    if (!(reaped.flags & IORING_CQE_F_MORE)) {
      reaped.completion->pending_ = false;
      --pending_;
    }
    reaped.completion->run_(reaped.completion->owner_, reaped.result, reaped.flags);
  }
  return reaped_.size();
}

void Ring::reap() {
  reaped_.clear();
  unsigned head;
  unsigned count = 0;
  io_uring_cqe* entry;
  io_uring_for_each_cqe(&ring_, head, entry) {
    ++count;
    auto* completion = static_cast<Completion*>(io_uring_cqe_get_data(entry));
    if (completion) reaped_.push_back({completion, entry->res, entry->flags});
  }
  io_uring_cq_advance(&ring_, count);
}

}  // namespace dotring::io
