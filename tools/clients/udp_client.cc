#include "tools/clients/udp_client.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/io/kernel.h"
#include "engine/io/socket_address.h"
#include "tools/clients/nanoseconds.h"

namespace dotring::clients {
namespace {

std::string failed(const char* call) {
  return std::string(call) + ": " + io::error_text(errno);
}

}  // namespace

UdpClient::UdpClient(io::Loop& loop, DatagramBatch& batch, const ClientOptions& options,
                     ClientOwner& owner)
    : Client({options.outstanding_max, options.accept_queries, options.id_salt}, owner),
      loop_(loop),
      batch_(batch),
      options_(options) {
  readable_.bind<&UdpClient::on_readable>(this);
}

UdpClient::~UdpClient() {
  assert(!active());
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::string> UdpClient::open() {
  const auto server = io::SocketAddress::of(options_.server);
  descriptor_ = socket(server.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return failed("socket");
  set_options();
  if (options_.source || options_.source_port > 0) {
    const IpAddress any = *IpAddress::parse(options_.server.address.is_ipv4() ? "0.0.0.0" : "::");
    const auto local = io::SocketAddress::of({options_.source.value_or(any), options_.source_port});
    if (bind(descriptor_, &local.any, local.size) != 0) return failed("bind");
  }
  if (connect(descriptor_, &server.any, server.size) != 0) return failed("connect");
  loop_.ring().poll_readable_multishot(descriptor_, readable_);
  open_ = true;
  return std::nullopt;
}

void UdpClient::set_options() {
  // The kernel caps these at net.core.rmem_max and wmem_max; answers it drops are counted.
  io::set_option(descriptor_, SOL_SOCKET, SO_RCVBUF, options_.socket_buffer_bytes);
  io::set_option(descriptor_, SOL_SOCKET, SO_SNDBUF, options_.socket_buffer_bytes);
}

bool UdpClient::send(Bytes message, const Query& query) {
  if (!open_ || !has_room()) return false;
  const MutableBytes room = queued_.reserve(message.size());
  std::memcpy(room.data(), message.data(), message.size());
  store_be16(room.data(), exchange_.begin(message, query));
  queued_.commit(message.size());
  queued_sizes_.push_back(static_cast<uint16_t>(message.size()));
  loop_.schedule(*this);
  return true;
}

void UdpClient::flush() {
  if (queued_sizes_.empty()) return;
  batch_.send(descriptor_, queued_.bytes(), queued_sizes_);
  queued_.clear();
  queued_sizes_.clear();
  queued_.shrink(kIdleBufferMax);
}

void UdpClient::close() {
  if (!open_) return;
  open_ = false;
  Resumable::unlink();
  loop_.ring().cancel(readable_);
}

void UdpClient::on_readable(int32_t, uint32_t flags) {
  if (!open_) return;
  if (!(flags & IORING_CQE_F_MORE)) loop_.ring().poll_readable_multishot(descriptor_, readable_);
  receive_rounds();
}

void UdpClient::resume() {
  if (open_) receive_rounds();
}

// The poll tells of arrivals, not of leftovers: a socket that was not emptied is read on in the
// next turn. Several arrivals may be told of once, so it is read until nothing is there, by calls
// for as many as are waited for: one is cheaper than a vector of one.
void UdpClient::receive_rounds() {
  for (int round = 0; round < kRoundsPerTurnMax && open_; ++round) {
    const uint32_t wanted = std::clamp(waiting(), 1u, batch_.capacity());
    const uint32_t count = batch_.receive(descriptor_, wanted);
    const uint64_t now = now_ns();
    for (uint32_t i = 0; i < count; ++i) receive(batch_.received(i), now);
    if (count < wanted) return;
  }
  if (open_) loop_.continue_next_turn(*this);
}

uint64_t UdpClient::answers_dropped() const {
  uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof memory;
  if (descriptor_ < 0) return 0;
  getsockopt(descriptor_, SOL_SOCKET, SO_MEMINFO, memory, &size);
  return memory[SK_MEMINFO_DROPS];
}

}  // namespace dotring::clients
