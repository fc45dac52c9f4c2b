#include "engine/listen/udp_listener.h"

#include <type_traits>

namespace dotring::listen {
namespace {

static_assert(sizeof(io::UdpPath) <= sizeof(query::ReplyTo::opaque));
static_assert(std::is_trivially_copyable_v<io::UdpPath>);

io::UdpPath path_of(const query::ReplyTo& to) {
  io::UdpPath path;
  std::memcpy(&path, to.opaque.data(), sizeof path);
  return path;
}

}  // namespace

UdpListener::UdpListener(io::Loop& loop, const Options& options, query::QueryHandler& handler)
    : handler_(&handler),
      number_(options.number),
      socket_(loop, options.socket),
      turn_latency_(loop, statistics_.turn_us) {
  socket_.set_handler(this);
}

void UdpListener::on_datagram(Bytes bytes, const io::UdpPath& path) {
  query::ClientQuery query;
  query.message = bytes;
  query.transport = query::Transport::Udp;
  query.client = path.peer();
  query.listener = number_;
  if (query.client.port == 0) return statistics_.dropped_without_port.add();
  std::memcpy(query.reply_to.opaque.data(), &path, sizeof path);
  statistics_.queries.add();
  ++in_flight_;
  const uint64_t replies = statistics_.replies.value();
  handler_->handle(*this, query);
  turn_latency_.add(statistics_.replies.value() - replies);
}

MutableBytes UdpListener::reserve_reply(const query::ReplyTo&, size_t size_max) {
  const MutableBytes room = socket_.reserve(size_max);
  if (room.empty()) statistics_.replies_without_room.add();
  return room;
}

void UdpListener::send_reply(const query::ReplyTo& to, size_t size) {
  --in_flight_;
  statistics_.replies.add();
  socket_.commit(path_of(to), size);
}

void UdpListener::drop_reply(const query::ReplyTo&) {
  --in_flight_;
  statistics_.dropped_by_handler.add();
}

void UdpListener::send_besides(const query::ReplyTo& to, Bytes message) {
  const MutableBytes room = socket_.reserve(message.size());
  if (room.empty()) return;
  std::memcpy(room.data(), message.data(), message.size());
  socket_.commit(path_of(to), message.size());
}

}  // namespace dotring::listen
