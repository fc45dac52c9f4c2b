#include "tools/flood/udp_client.h"

#include "engine/io/socket_address.h"
#include "tools/flood/nanoseconds.h"

namespace dotring::flood {
namespace {

// Nobody else's datagrams belong to this socket, and answers may be as long as UDP allows.
io::UdpSocket::Options socket_options() {
  io::UdpSocket::Options options;
  options.reuse_port = false;
  return options;
}

// Loopback is asked from loopback: a socket on the wildcard address would cost control messages.
Endpoint local_for(const Endpoint& server) {
  const char* any = server.address.is_ipv4() ? "127.0.0.1" : "::1";
  const auto loopback = *IpAddress::parse(any);
  const bool local = server.address == loopback;
  return {local ? loopback : *IpAddress::parse(server.address.is_ipv4() ? "0.0.0.0" : "::"), 0};
}

}  // namespace

UdpClient::UdpClient(io::Loop& loop, const Endpoint& server, QuestionSource& source, Tally& tally,
                     uint32_t outstanding_max, bool accept_queries, ClientOwner& owner)
    : Client(source, tally, outstanding_max, accept_queries, owner),
      ipv4_(server.address.is_ipv4()),
      socket_(loop, socket_options()) {
  const auto address = io::SocketAddress::of(server);
  if (ipv4_) {
    server_.peer4 = address.in4;
  } else {
    server_.peer6 = address.in6;
  }
  socket_.set_handler(this);
}

std::optional<std::string> UdpClient::open() {
  const Endpoint server{ipv4_ ? io::endpoint_of(server_.peer4) : io::endpoint_of(server_.peer6)};
  if (auto failure = socket_.open(local_for(server))) return failure;
  socket_.start();
  return std::nullopt;
}

bool UdpClient::send(uint64_t due_ns, uint64_t now_ns) {
  if (!exchange_.has_room()) return false;
  const MutableBytes room = socket_.reserve(exchange_.message_size());
  if (room.empty()) return false;
  exchange_.begin(due_ns, now_ns, room.data());
  socket_.commit(server_, exchange_.message_size());
  return true;
}

void UdpClient::on_datagram(Bytes bytes, const io::UdpPath&) {
  if (exchange_.take_answer(bytes, now_ns())) owner_.on_room(*this);
}

}  // namespace dotring::flood
