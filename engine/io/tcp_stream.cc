#include "engine/io/tcp_stream.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "engine/io/kernel.h"

namespace dotring::io {

TcpStream::TcpStream(Loop& loop, const Options& options) : loop_(loop), options_(options) {
  connected_.bind<&TcpStream::on_connected>(this);
  received_.bind<&TcpStream::on_received>(this);
  sent_.bind<&TcpStream::on_sent>(this);
  timer_.bind<&TcpStream::on_timer>(this);
}

TcpStream::~TcpStream() {
  assert(!active());
}

void TcpStream::adopt(int descriptor) {
  assert(state_ == State::Idle);
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  begin_open(descriptor);
}

void TcpStream::connect(const Endpoint& peer) {
  connect_to(SocketAddress::of(peer));
}

void TcpStream::connect_unix(const std::string& path) {
  connect_to(SocketAddress::of_unix(path));
}

void TcpStream::connect_to(const SocketAddress& address) {
  assert(state_ == State::Idle);
  state_ = State::Connecting;
  if (address.size == 0) return end(CloseReason::ConnectFailed, "no path of a unix socket");
  peer_ = std::make_unique<SocketAddress>(address);
  // Blocking on purpose: the ring waits for it, and would report EINPROGRESS otherwise.
  descriptor_ = socket(peer_->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return end(CloseReason::ConnectFailed, "socket: " + error_text(errno));
  if (peer_->any.sa_family != AF_UNIX) set_option(descriptor_, IPPROTO_TCP, TCP_NODELAY, 1);
  if (!bind_source()) return end(CloseReason::ConnectFailed, "bind: " + error_text(errno));
  loop_.ring().connect(descriptor_, &peer_->any, peer_->size, connected_);
  loop_.arm_in(timer_, options_.connect_timeout_ms);
}

// The port is chosen by connect(), when the peer is known too: one address then has as many ports
// as there are peers times ports.
bool TcpStream::bind_source() {
  if (!options_.source) return true;
  set_option(descriptor_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  const auto local = SocketAddress::of({*options_.source, 0});
  return bind(descriptor_, &local.any, local.size) == 0;
}

void TcpStream::on_connected(int32_t result, uint32_t) {
  if (state_ == State::Ending) return finish();
  timer_.cancel();
  if (result < 0) return end(CloseReason::ConnectFailed, error_text(-result));
  begin_open(descriptor_);
  handler_->on_open();
}

void TcpStream::begin_open(int descriptor) {
  descriptor_ = descriptor;
  state_ = State::Open;
  paused_ = false;
  peer_finished_ = false;
  detaching_ = false;
  was_above_low_water_ = false;
  arm_receive();
}

void TcpStream::arm_receive() {
  if (!received_.pending()) loop_.ring().receive_multishot(descriptor_, received_);
}

MutableBytes TcpStream::reserve(size_t size) {
  if (state_ != State::Open || bytes_queued() + size > options_.send_queue_max) return {};
  return collecting_.reserve(size);
}

void TcpStream::commit(size_t size) {
  collecting_.commit(size);
  if (bytes_queued() > options_.send_queue_max / 2) was_above_low_water_ = true;
  loop_.schedule(*this);
}

void TcpStream::pause_reading() {
  paused_ = true;
  loop_.ring().cancel(received_);
}

void TcpStream::resume_reading() {
  paused_ = false;
  if (state_ == State::Open && !peer_finished_) arm_receive();
}

// End of the turn: what was committed in it leaves, unless a send is still under way (then it
// follows).
void TcpStream::flush() {
  if (state_ == State::Ending) {
    finish();
  } else if (!sent_.pending()) {
    send_next();
    if (detaching_) detach_when_sent();
  }
}

void TcpStream::send_next() {
  if (sending_.empty()) std::swap(sending_, collecting_);
  if (sending_.empty()) return after_send();
  loop_.send(descriptor_, sending_.bytes(), sent_);
  loop_.arm_in(timer_, options_.send_timeout_ms);
}

void TcpStream::on_sent(int32_t result, uint32_t) {
  if (state_ == State::Ending) return finish();
  timer_.cancel();
  if (result < 0) {
    return end(peer_finished_ ? CloseReason::Peer : CloseReason::Reset, error_text(-result));
  }
  sending_.consume(static_cast<size_t>(result));
  send_next();
  if (was_above_low_water_ && bytes_queued() <= options_.send_queue_max / 4) {
    was_above_low_water_ = false;
    handler_->on_writable();
  }
  if (detaching_) loop_.schedule(*this);
}

void TcpStream::after_send() {
  const size_t larger = std::max(sending_.capacity(), collecting_.capacity());
  const bool keeps = larger > options_.idle_buffer_max;
  if (keeps) loop_.arm_in(timer_, options_.burst_over_after_ms);
  if (state_ == State::Draining) linger();
}

void TcpStream::give_buffers_back() {
  sending_.shrink(options_.idle_buffer_max);
  collecting_.shrink(options_.idle_buffer_max);
}

void TcpStream::on_received(int32_t result, uint32_t flags) {
  if (result > 0) {
    if (state_ == State::Open) handler_->on_bytes(loop_.ring().received(result, flags));
    loop_.ring().give_back(flags);
  }
  if (!(flags & IORING_CQE_F_MORE)) on_receive_ended(result);
}

// A multishot receive ends by itself now and then (buffers short, completion queue full): it is
// armed again.
void TcpStream::on_receive_ended(int32_t result) {
  if (state_ == State::Ending) return finish();
  const bool goes_on = result > 0 || result == -ENOBUFS || result == -ECANCELED;
  // Whoever gets the descriptor sees the peer's end too.
  if (detaching_ && (goes_on || result == 0)) return loop_.schedule(*this);
  if (result == 0) return on_peer_finished();
  if (!goes_on) return end(CloseReason::Reset, error_text(-result));
  if (!paused_ || state_ != State::Open) arm_receive();
}

void TcpStream::on_peer_finished() {
  peer_finished_ = true;
  if (state_ == State::Lingering) return end(reason_, "");
  if (state_ != State::Open || handler_->on_peer_finished()) return;
  if (state_ == State::Open) drain(CloseReason::Peer);
}

void TcpStream::close() {
  if (state_ == State::Connecting) return abort();
  if (state_ == State::Open) drain(CloseReason::Local);
}

void TcpStream::drain(CloseReason reason) {
  state_ = State::Draining;
  reason_ = reason;
  loop_.schedule(*this);
}

void TcpStream::linger() {
  if (peer_finished_) return end(reason_, "");
  state_ = State::Lingering;
  shutdown(descriptor_, SHUT_WR);
  arm_receive();
  loop_.arm_in(timer_, options_.linger_timeout_ms);
}

void TcpStream::abort() {
  if (state_ != State::Idle) end(CloseReason::Local, "");
}

bool TcpStream::detach() {
  if (state_ != State::Open) return false;
  detaching_ = true;
  pause_reading();
  loop_.schedule(*this);
  return true;
}

// What the kernel still receives for us would be lost to the next owner.
void TcpStream::detach_when_sent() {
  if (state_ != State::Open || operations_pending() || bytes_queued() > 0) return;
  timer_.cancel();
  state_ = State::Idle;
  detaching_ = false;
  handler_->on_detached(std::exchange(descriptor_, -1));
}

void TcpStream::on_timer() {
  switch (state_) {
    case State::Connecting:
      return end(CloseReason::ConnectTimeout, "no connection in time");
    case State::Open:
    case State::Draining:
      if (!sent_.pending()) return give_buffers_back();
      return end(CloseReason::SendStalled, "no progress in sending");
    default:
      return end(reason_, "");
  }
}

void TcpStream::end(CloseReason reason, std::string detail) {
  if (state_ == State::Ending || state_ == State::Idle) return;
  state_ = State::Ending;
  reason_ = reason;
  detail_ = std::move(detail);
  timer_.cancel();
  loop_.ring().cancel(connected_);
  loop_.ring().cancel(received_);
  loop_.ring().cancel(sent_);
  // Never from inside the caller's call: finish() runs at the end of the turn at the earliest.
  loop_.schedule(*this);
}

bool TcpStream::operations_pending() const {
  return connected_.pending() || received_.pending() || sent_.pending();
}

void TcpStream::finish() {
  if (operations_pending()) return;
  static_cast<ListNode<Flushable>*>(static_cast<Flushable*>(this))->unlink();
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  peer_.reset();
  collecting_ = ByteBuffer();
  sending_ = ByteBuffer();
  state_ = State::Idle;
  const std::string detail = std::exchange(detail_, "");
  handler_->on_closed(reason_, detail);
}

}  // namespace dotring::io
