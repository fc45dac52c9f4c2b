#include "tls/tls_stream.h"

#include <cassert>
#include <utility>

namespace dotring::tls {

using io::CloseReason;

namespace {

CloseReason reason_of(Session::FailureKind kind) {
  switch (kind) {
    case Session::FailureKind::Untrusted:
    case Session::FailureKind::NoAgreement:
      return CloseReason::SecurityFailed;
    case Session::FailureKind::Protocol:
      return CloseReason::ProtocolFailed;
    case Session::FailureKind::TicketDeclined:
      return CloseReason::Reset;
  }
  return CloseReason::SecurityFailed;
}

}  // namespace

TlsStream::TlsStream(io::Loop& loop, io::ByteStream& lower, const Options& options,
                     TlsStatistics& statistics)
    : loop_(loop), lower_(lower), options_(options), statistics_(statistics) {
  handshake_timer_.bind<&TlsStream::on_handshake_timeout>(this);
}

TlsStream::~TlsStream() {
  assert(!active());
}

void TlsStream::start_client(const ClientContext& context, const Trust& trust,
                             TicketStore* tickets) {
  start();
  session_.emplace(context, trust, tickets);
}

void TlsStream::start_server(const ServerContext& context) {
  start();
  session_.emplace(context);
  begin_handshake();
}

void TlsStream::start() {
  assert(state_ == State::Idle && handler_);
  state_ = State::Connecting;
  paused_ = lower_finished_ = peer_finished_ = handshaken_ = false;
  handshake_started_us_ = 0;
  reason_.reset();
  failure_.reset();
  lower_.set_handler(this);
}

// Runs `step` with room in the lower stream. False: the lower stream has no room for what came out
// of it, or for what was kept before; in the second case `step` did not run.
template <typename Step>
bool TlsStream::with_room(size_t room, Step step) {
  if (!send_kept()) return false;
  MutableBytes output = lower_.reserve(room);
  const size_t given = output.size();
  step(output);
  commit_ciphertext(given - output.size());
  return send_kept();
}

bool TlsStream::send_kept() {
  while (session_->wants_room()) {
    MutableBytes output = lower_.reserve(session_->bytes_kept());
    if (output.empty()) return false;
    const size_t given = output.size();
    session_->drain(output);
    commit_ciphertext(given - output.size());
  }
  return true;
}

void TlsStream::commit_ciphertext(size_t size) {
  if (size == 0) return;
  lower_.commit(size);
  statistics_.ciphertext_bytes_out.add(size);
}

// ---------------------------------------------------------------------------------------------------
// Handshake

void TlsStream::on_open() {
  if (state_ == State::Connecting) begin_handshake();
}

void TlsStream::begin_handshake() {
  state_ = State::Handshaking;
  handshake_started_us_ = loop_.clock().monotonic_us();
  loop_.arm_in(handshake_timer_, options_.handshake_timeout_ms);
  Bytes nothing;
  step_handshake(nothing);
}

void TlsStream::step_handshake(Bytes& ciphertext) {
  const bool room = with_room(Session::kControlRoom, [&](MutableBytes& output) {
    session_->handshake(ciphertext, output);
  });
  if (session_->state() == Session::State::Failed) return fail();
  if (session_->state() == Session::State::Open) return finish_handshake();
  if (!room) abort_with(CloseReason::SendStalled, "no room for the TLS handshake");
}

void TlsStream::finish_handshake() {
  handshake_timer_.cancel();
  state_ = State::Open;
  handshaken_ = true;
  (session_->resumed() ? statistics_.handshakes_resumed : statistics_.handshakes_full).add();
  handshake_us_ = loop_.clock().monotonic_us() - handshake_started_us_;
  statistics_.handshake_us.add(handshake_us_);
  handler_->on_open();
}

void TlsStream::on_handshake_timeout() {
  abort_with(CloseReason::ConnectTimeout, "no TLS handshake in time");
}

// ---------------------------------------------------------------------------------------------------
// Receiving

void TlsStream::on_bytes(Bytes ciphertext) {
  statistics_.ciphertext_bytes_in.add(ciphertext.size());
  if (paused_ || !held_.empty()) return held_.append(ciphertext);
  process(ciphertext);
}

void TlsStream::process(Bytes ciphertext) {
  if (state_ == State::Handshaking) step_handshake(ciphertext);
  if (state_ == State::Open) deliver(ciphertext);
}

void TlsStream::deliver(Bytes& ciphertext) {
  uint8_t plaintext[Session::kRecordMax];
  while (state_ == State::Open && !paused_) {
    const size_t size = read_record(ciphertext, plaintext);
    if (size == 0) break;
    statistics_.plaintext_bytes_in.add(size);
    handler_->on_bytes({plaintext, size});
  }
  if (state_ != State::Open) return;
  if (session_->state() == Session::State::Failed) return fail();
  if (session_->state() == Session::State::PeerClosed) return finish_peer("close_notify");
  assert(paused_ || ciphertext.empty());
  held_.append(ciphertext);
}

size_t TlsStream::read_record(Bytes& ciphertext, MutableBytes plaintext) {
  size_t size = 0;
  const bool room = with_room(kReplyRoom, [&](MutableBytes& output) {
    size = session_->read(ciphertext, output, plaintext);
  });
  if (!room) abort_with(CloseReason::SendStalled, "peer wants answers and does not read");
  return room ? size : 0;
}

void TlsStream::pause_reading() {
  if (state_ != State::Open) return;
  paused_ = true;
  lower_.pause_reading();
}

void TlsStream::resume_reading() {
  if (!std::exchange(paused_, false)) return;
  lower_.resume_reading();
  loop_.schedule(*this);  // for what is held: on_bytes() never comes from inside this call
}

void TlsStream::process_held() {
  if (paused_ || state_ != State::Open) return;
  const ByteBuffer held = std::exchange(held_, ByteBuffer());
  if (!held.empty()) process(held.bytes());
  if (lower_finished_ && held_.empty() && state_ == State::Open)
    finish_peer("without close_notify");
}

bool TlsStream::on_peer_finished() {
  if (state_ != State::Open) return false;
  lower_finished_ = true;
  if (held_.empty()) finish_peer("without close_notify");
  return true;
}

void TlsStream::finish_peer(const char* detail) {
  if (std::exchange(peer_finished_, true)) return;
  if (handler_->on_peer_finished()) return;
  close_with(CloseReason::Peer, detail);
}

// ---------------------------------------------------------------------------------------------------
// Sending

MutableBytes TlsStream::reserve(size_t size) {
  if (state_ != State::Open || session_->wants_room()) return {};
  const size_t sealed = Session::sealed_size_max(plaintext_.size() + size) + Session::kControlRoom;
  if (lower_.reserve(sealed).empty()) return {};
  return plaintext_.reserve(size);
}

size_t TlsStream::bytes_queued() const {
  const size_t kept = session_ ? session_->bytes_kept() : 0;
  return plaintext_.size() + kept + lower_.bytes_queued();
}

void TlsStream::commit(size_t size) {
  if (size == 0) return;
  plaintext_.commit(size);
  statistics_.plaintext_bytes_out.add(size);
  if (plaintext_.size() >= Session::kRecordMax)
    seal(plaintext_.size() - plaintext_.size() % Session::kRecordMax);
  loop_.schedule(*this);
}

// End of the turn: what was committed in it becomes a record.
void TlsStream::flush() {
  if (state_ == State::Closing && !lower_.active()) return on_closed(CloseReason::Local, "");
  process_held();
  if (state_ != State::Open) return;
  if (!plaintext_.empty() || session_->wants_room()) seal(plaintext_.size());
  plaintext_.shrink(kIdleBufferMax);
}

void TlsStream::seal(size_t size) {
  if (!send_kept()) return;  // on_writable() tries again
  bool done = false;
  with_room(Session::sealed_size_max(size), [&](MutableBytes& output) {
    done = session_->write(plaintext_.bytes().first(size), output);
  });
  if (!done) return fail();
  statistics_.records_written.add((size + Session::kRecordMax - 1) / Session::kRecordMax);
  plaintext_.consume(size);
}

void TlsStream::on_writable() {
  if (state_ != State::Open) return;
  if (!plaintext_.empty() || session_->wants_room()) loop_.schedule(*this);
  handler_->on_writable();
}

// ---------------------------------------------------------------------------------------------------
// Ending

void TlsStream::close() {
  close_with(CloseReason::Local, "");
}

void TlsStream::close_with(CloseReason reason, std::string detail) {
  if (state_ == State::Open) say_goodbye();
  if (state_ == State::Idle || state_ == State::Closing) return;
  end(reason, std::move(detail));
  lower_.close();
}

// What was committed, and close_notify.
void TlsStream::say_goodbye() {
  if (!plaintext_.empty()) seal(plaintext_.size());
  if (state_ != State::Open) return;
  with_room(kReplyRoom, [&](MutableBytes& output) { session_->close(output); });
}

// wolfSSL may have written an alert, so the lower stream is closed in order.
void TlsStream::fail() {
  const Session::Failure& failure = session_->failure();
  failure_ = failure.kind;
  if (ticket_declined()) statistics_.tickets_declined.add();
  if (handshaken_) statistics_.broken_streams.add();
  end(reason_of(failure.kind), failure.text);
  lower_.close();
}

void TlsStream::abort() {
  abort_with(CloseReason::Local, "");
}

void TlsStream::abort_with(CloseReason reason, std::string detail) {
  if (state_ == State::Idle) return;
  if (state_ != State::Closing) end(reason, std::move(detail));
  lower_.abort();
}

// on_closed() of the lower stream follows; if that was never started, ours follows at the end of
// the turn.
void TlsStream::end(CloseReason reason, std::string detail) {
  state_ = State::Closing;
  reason_ = reason;
  detail_ = std::move(detail);
  handshake_timer_.cancel();
  if (!lower_.active()) loop_.schedule(*this);
}

void TlsStream::on_closed(CloseReason reason, const std::string& detail) {
  assert(state_ != State::Idle);
  const bool in_handshake = handshake_started_us_ != 0 && !handshaken_;
  const CloseReason why = reason_.value_or(reason);
  std::string more = reason_ ? std::exchange(detail_, "") : detail;
  if (in_handshake && more.empty()) more = "during the TLS handshake";
  if (in_handshake && why != CloseReason::Local && !ticket_declined())
    statistics_.handshakes_failed.add();
  handshake_timer_.cancel();
  state_ = State::Idle;
  session_.reset();
  plaintext_ = ByteBuffer();
  held_ = ByteBuffer();
  handler_->on_closed(why, more);
}

std::string TlsStream::description() const {
  if (!open()) return "not open";
  return session_->description() + (resumed() ? ", resumed" : "");
}

}  // namespace dotring::tls
