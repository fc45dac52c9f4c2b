#include "engine/io/acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "engine/io/kernel.h"
#include "engine/io/socket_address.h"

namespace dotring::io {

Acceptor::Acceptor(Loop& loop, const Options& options) : loop_(loop), options_(options) {
  accepted_.bind<&Acceptor::on_accept>(this);
  retry_.bind<&Acceptor::arm>(this);
}

Acceptor::~Acceptor() {
  assert(!active());
  close_socket();
}

std::optional<std::string> Acceptor::open(const Endpoint& local) {
  const BoundSocket bound = bind_socket(local, SOCK_STREAM, options_.reuse_port);
  if (bound.descriptor < 0) return bound.failure;
  return adopt(bound.descriptor);
}

// listen() on a socket that listens already only sets the backlog.
std::optional<std::string> Acceptor::adopt(int descriptor) {
  descriptor_ = descriptor;
  if (listen(descriptor_, options_.backlog) != 0) return "listen: " + error_text(errno);
  local_ = local_endpoint(descriptor_);
  return std::nullopt;
}

void Acceptor::start() {
  state_ = State::Accepting;
  arm();
}

void Acceptor::stop() {
  state_ = State::Stopped;
  retry_.cancel();
  loop_.ring().cancel(accepted_);
}

void Acceptor::finish() {
  stop();
  state_ = State::Finishing;
  if (!active()) take_rest();
}

// An accept takes what there is when it is submitted, so that one which is cancelled in the same
// submission empties the backlog and waits for nobody.
void Acceptor::take_rest() {
  if (descriptor_ < 0) return;
  state_ = State::TakingRest;
  loop_.ring().accept_multishot(descriptor_, accepted_);
  loop_.ring().cancel(accepted_);
}

void Acceptor::close_socket() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

void Acceptor::refuse(int descriptor) {
  close(descriptor);
}

void Acceptor::arm() {
  if (state_ == State::Accepting && !active()) {
    loop_.ring().accept_multishot(descriptor_, accepted_);
  }
}

void Acceptor::on_accept(int32_t result, uint32_t flags) {
  if (!(flags & IORING_CQE_F_MORE)) on_accept_ended(result);
  if (result >= 0) {
    handler_->on_accepted(result, peer_endpoint(result));
  } else if (state_ == State::Accepting && result != -ECANCELED) {
    failures_.add();
  }
}

void Acceptor::on_accept_ended(int32_t result) {
  switch (state_) {
    case State::Accepting:
      return result >= 0 ? arm() : loop_.arm_in(retry_, options_.retry_ms);
    case State::Finishing:
      return take_rest();
    case State::TakingRest:
      // Ended by itself, e.g. with a full completion queue: there may be more.
      return result >= 0 ? take_rest() : close_socket();
    case State::Idle:
    case State::Stopped:
      return;
  }
}

}  // namespace dotring::io
