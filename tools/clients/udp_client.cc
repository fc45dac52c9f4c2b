#include "tools/clients/udp_client.h"

#include <netinet/in.h>
#include <unistd.h>

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

UdpClient::UdpClient(io::Loop& loop, const Shared& shared, const ClientOptions& options,
                     ClientOwner& owner)
    : Client({options.outstanding_max, options.accept_queries, options.id_salt}, owner),
      loop_(loop),
      shared_(shared),
      options_(options) {
  if (receives_many()) {
    received_.bind<&UdpClient::on_readable>(this);
  } else {
    received_.bind<&UdpClient::on_received>(this);
  }
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
  arm_receive();
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
  shared_.sender.send(descriptor_, queued_.bytes(), queued_sizes_);
  queued_.clear();
  queued_sizes_.clear();
  queued_.shrink(kIdleBufferMax);
}

void UdpClient::close() {
  if (!open_) return;
  open_ = false;
  Resumable::unlink();
  loop_.ring().cancel(received_);
}

void UdpClient::arm_receive() {
  if (receives_many()) {
    loop_.ring().poll_readable_multishot(descriptor_, received_);
  } else {
    loop_.ring().receive_multishot(descriptor_, received_);
  }
}

void UdpClient::on_received(int32_t result, uint32_t flags) {
  if (open_ && result >= 0) {
    receive(result > 0 ? loop_.ring().received(result, flags) : Bytes(), now_ns());
  }
  loop_.ring().give_back(flags);
  if (open_ && !(flags & IORING_CQE_F_MORE)) on_receive_ended(result);
}

// An empty datagram ends a multishot receive, and so does a notice; so do buffers that are short
// and a full completion queue.
void UdpClient::on_receive_ended(int32_t result) {
  count_notice(-result);
  arm_receive();
}

void UdpClient::on_readable(int32_t, uint32_t flags) {
  if (!open_) return;
  if (!(flags & IORING_CQE_F_MORE)) arm_receive();
  receive_rounds();
}

void UdpClient::resume() {
  if (open_) receive_rounds();
}

// The poll tells of arrivals, not of leftovers: a socket that was not emptied is read on in the
// next turn.
void UdpClient::receive_rounds() {
  DatagramReceiver& receiver = shared_.receiver;
  for (int round = 0; round < kRoundsPerTurnMax && open_; ++round) {
    int error = 0;
    const uint32_t count = receiver.receive(descriptor_, error);
    count_notice(error);
    const uint64_t now = now_ns();
    for (uint32_t i = 0; i < count; ++i) receive(receiver.received(i), now);
    if (count < receiver.capacity()) return;
  }
  if (open_) loop_.continue_next_turn(*this);
}

void UdpClient::count_notice(int error) {
  if (is_notice(error)) shared_.statistics.refusals.add();
}

uint64_t UdpClient::answers_dropped() const {
  return descriptor_ < 0 ? 0 : io::datagrams_dropped(descriptor_);
}

}  // namespace dotring::clients
