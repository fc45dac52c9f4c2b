#include "tools/flood/tcp_client.h"

#include "tools/flood/nanoseconds.h"

namespace dotring::flood {

TcpClient::TcpClient(io::Loop& loop, const Endpoint& server, QuestionSource& source, Tally& tally,
                     uint32_t outstanding_max, ClientOwner& owner)
    : Client(source, tally, outstanding_max, false, owner),
      server_(server),
      tally_(tally),
      stream_(loop, {}) {
  stream_.set_handler(this);
}

std::optional<std::string> TcpClient::open() {
  stream_.connect(server_);
  return std::nullopt;
}

bool TcpClient::send(uint64_t due_ns, uint64_t now_ns) {
  if (!connected_ || !exchange_.has_room()) return false;
  const size_t size = exchange_.message_size();
  const MutableBytes room = stream_.reserve(2 + size);
  if (room.empty()) return false;
  store_be16(room.data(), static_cast<uint16_t>(size));
  exchange_.begin(due_ns, now_ns, room.data() + 2);
  stream_.commit(2 + size);
  return true;
}

void TcpClient::close() {
  closing_ = true;
  connected_ = false;
  stream_.abort();
}

void TcpClient::on_open() {
  connected_ = true;
  owner_.on_room(*this);
}

void TcpClient::on_bytes(Bytes bytes) {
  const uint64_t now = now_ns();
  framing_.feed(bytes, [&](Bytes message) {
    if (exchange_.take_answer(message, now)) owner_.on_room(*this);
    return connected_;
  });
}

void TcpClient::on_closed(io::CloseReason reason, const std::string& detail) {
  const bool was_connected = connected_;
  connected_ = false;
  framing_.reset();
  if (closing_) return;
  if (!was_connected) return owner_.on_failure(std::string(to_text(reason)) + ": " + detail);
  ++tally_.connections_lost;
  exchange_.give_up(UINT64_MAX);
  stream_.connect(server_);
}

}  // namespace dotring::flood
