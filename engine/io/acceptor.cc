#include "engine/io/acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>

#include "engine/io/kernel.h"
#include "engine/io/socket_address.h"

namespace dotring::io {

Acceptor::Acceptor(Loop& loop, const Options& options) : loop_(loop), options_(options) {
  accepted_.bind<&Acceptor::on_accept>(this);
  retry_.bind<&Acceptor::arm>(this);
}

Acceptor::~Acceptor() {
  assert(!active());
  if (descriptor_ >= 0) close(descriptor_);
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
  started_ = true;
  arm();
}

void Acceptor::stop() {
  started_ = false;
  retry_.cancel();
  loop_.ring().cancel(accepted_);
}

void Acceptor::refuse(int descriptor) {
  close(descriptor);
}

void Acceptor::arm() {
  if (started_ && !accepted_.pending()) loop_.ring().accept_multishot(descriptor_, accepted_);
}

void Acceptor::on_accept(int32_t result, uint32_t flags) {
  const bool ended = !(flags & IORING_CQE_F_MORE);
  if (result >= 0) {
    if (ended) arm();
    handler_->on_accepted(result, peer_endpoint(result));
    return;
  }
  if (!started_ || result == -ECANCELED) return;
  failures_.add();
  if (ended) loop_.timers().arm_in(retry_, options_.retry_ms);
}

}  // namespace dotring::io
