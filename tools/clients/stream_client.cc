#include "tools/clients/stream_client.h"

#include "tools/clients/nanoseconds.h"

namespace dotring::clients {
namespace {

io::TcpStream::Options tcp_options(const ClientOptions& options) {
  io::TcpStream::Options tcp;
  tcp.send_queue_max = options.send_queue_max;
  tcp.connect_timeout_ms = options.connect_timeout_ms;
  tcp.source = options.source;
  return tcp;
}

void write_frame(Bytes message, uint16_t id, MutableBytes to) {
  store_be16(to.data(), static_cast<uint16_t>(message.size()));
  std::memcpy(to.data() + 2, message.data(), message.size());
  store_be16(to.data() + 2, id);
}

}  // namespace

StreamClient::StreamClient(io::Loop& loop, ConnectPacer& pacer, Statistics& statistics,
                           const ClientOptions& options, ClientOwner& owner)
    : Client({options.outstanding_max, options.accept_queries, options.id_salt}, owner),
      loop_(loop),
      pacer_(pacer),
      statistics_(statistics),
      options_(options),
      tickets_(options.tickets_max),
      tcp_(loop, tcp_options(options)),
      stream_(&tcp_) {
  if (options.transport == Transport::Tls) {
    tls_.emplace(loop, tcp_, tls::TlsStream::Options{options.connect_timeout_ms}, statistics.tls);
    stream_ = &*tls_;
  }
  stream_->set_handler(this);
  idle_timer_.bind<&StreamClient::on_idle>(this);
  retry_timer_.bind<&StreamClient::on_retry>(this);
}

// ---------------------------------------------------------------------------------------------------
// Connecting

std::optional<std::string> StreamClient::open() {
  if (state_ == State::Closed) connect_soon();
  return std::nullopt;
}

void StreamClient::connect_soon() {
  if (shut_ || retry_timer_.armed()) return;
  state_ = State::Waiting;
  pacer_.ask(*this);
}

void StreamClient::on_retry() {
  if (state_ == State::Closed && queued_count_ > 0) connect_soon();
}

void StreamClient::begin_connection() {
  state_ = State::Connecting;
  opened_ = false;
  written_ = 0;
  connect_started_ns_ = now_ns();
  statistics_.connections_tried.add();
  if (tls_) {
    tls_->start_client(*options_.context, *options_.trust, options_.resume ? &tickets_ : nullptr);
  }
  tcp_.connect(options_.server);
}

void StreamClient::on_open() {
  state_ = State::Open;
  opened_ = true;
  statistics_.connections_opened.add();
  statistics_.connect_ns.add(now_ns() - connect_started_ns_);
  if (tls_) count_handshake();
  write_queued();
  after_answers();
  owner_.on_open(*this);
}

void StreamClient::count_handshake() {
  auto& histogram =
      tls_->resumed() ? statistics_.handshake_resumed_us : statistics_.handshake_full_us;
  histogram.add(tls_->handshake_us());
}

// ---------------------------------------------------------------------------------------------------
// Sending

bool StreamClient::send(Bytes message, const Query& query) {
  if (shut_ || !has_room()) return false;
  if (state_ == State::Closed) connect_soon();
  idle_timer_.cancel();
  const size_t size = 2 + message.size();
  if (state_ != State::Open || queued_count_ > 0) return queue(message, query);
  const MutableBytes room = stream_->reserve(size);
  if (room.empty()) return false;
  write_frame(message, exchange_.begin(message, query), room);
  stream_->commit(size);
  count_written();
  return true;
}

bool StreamClient::queue(Bytes message, const Query& query) {
  const size_t size = 2 + message.size();
  if (queued_.size() + size > options_.send_queue_max) return false;
  write_frame(message, exchange_.begin(message, query), queued_.reserve(size));
  queued_.commit(size);
  ++queued_count_;
  return true;
}

void StreamClient::write_queued() {
  while (state_ == State::Open && queued_count_ > 0) {
    const size_t size = 2 + size_t{load_be16(queued_.bytes().data())};
    if (!stream_->send(queued_.bytes().first(size))) return;
    queued_.consume(size);
    --queued_count_;
    count_written();
  }
}

void StreamClient::count_written() {
  ++written_;
  const uint64_t limit = options_.queries_per_connection;
  if (limit > 0 && written_ >= limit) state_ = State::Spent;
}

// ---------------------------------------------------------------------------------------------------
// Receiving

void StreamClient::on_bytes(Bytes bytes) {
  const uint64_t now = now_ns();
  framing_.feed(bytes, [&](Bytes message) {
    receive(message, now);
    return !shut_;
  });
  after_answers();
}

void StreamClient::after_answers() {
  if (waiting() > queued_count_) return;
  if (state_ == State::Spent) return finish();
  const bool idle = state_ == State::Open && waiting() == 0;
  if (idle && options_.idle_timeout_ms > 0) {
    loop_.arm_in(idle_timer_, options_.idle_timeout_ms);
  }
}

// ---------------------------------------------------------------------------------------------------
// Ending

void StreamClient::on_idle() {
  if (state_ == State::Open && waiting() == 0) finish();
}

void StreamClient::finish() {
  state_ = State::Closing;
  statistics_.connections_closed.add();
  stream_->close();
}

void StreamClient::close() {
  shut_ = true;
  ConnectTurn::unlink();
  idle_timer_.cancel();
  retry_timer_.cancel();
  if (stream_->active()) stream_->abort();
}

void StreamClient::on_closed(io::CloseReason reason, const std::string& detail) {
  const bool by_us = state_ == State::Closing;
  state_ = State::Closed;
  idle_timer_.cancel();
  framing_.reset();
  if (shut_) return;
  if (!opened_) return on_never_opened(std::string(to_text(reason)) + ": " + detail);
  if (!by_us) on_ended();
  on_retry();
}

void StreamClient::on_ended() {
  const bool lost = waiting() > queued_count_;
  (lost ? statistics_.connections_lost : statistics_.connections_closed_by_peer).add();
  lose_written();
}

// A ticket that was declined says nothing about the server: the next handshake is a full one.
void StreamClient::on_never_opened(const std::string& why) {
  statistics_.connections_failed.add();
  if (tls_ && tls_->ticket_declined()) return connect_soon();
  loop_.arm_in(retry_timer_, options_.retry_ms);
  lose_all();
  owner_.on_connect_failed(*this, why);
}

void StreamClient::lose_all() {
  queued_.clear();
  queued_count_ = 0;
  lose_written();
}

// The owner may send again from inside on_lost(); that is queued, and not lost with the rest.
void StreamClient::lose_written() {
  const uint32_t queued = std::min(queued_count_, waiting());
  for (uint32_t count = waiting() - queued; count > 0; --count) {
    Query query;
    exchange_.give_up(UINT64_MAX, query);
    owner_.on_lost(*this, query, Loss::Connection);
  }
}

}  // namespace dotring::clients
