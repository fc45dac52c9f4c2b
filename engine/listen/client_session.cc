#include "engine/listen/client_session.h"

#include <bit>

namespace dotring::listen {
namespace {

constexpr size_t kLengthSize = 2;  // RFC 1035, 4.2.2

// How often a session is looked at that is paused or has borrowed memory: on_writable() only tells
// of a queue that was longer than the stream's own mark.
constexpr uint64_t kLookMs = 100;

// Who got an answer longer ago has read it, so that nothing is lost by not waiting for his end.
constexpr uint64_t kUnreadMs = 500;

SessionEnd end_of(io::CloseReason reason) {
  switch (reason) {
    case io::CloseReason::Local:
      return SessionEnd::Local;
    case io::CloseReason::Peer:
      return SessionEnd::Client;
    case io::CloseReason::SendStalled:
      return SessionEnd::SlowReader;
    case io::CloseReason::ConnectTimeout:  // of the TLS handshake: the connection was there
    case io::CloseReason::SecurityFailed:
    case io::CloseReason::ProtocolFailed:
      return SessionEnd::SecurityFailed;
    case io::CloseReason::Reset:
    case io::CloseReason::ConnectFailed:
      break;
  }
  return SessionEnd::Reset;
}

}  // namespace

ClientSession::ClientSession(io::Loop& loop, const SessionOptions& options, SessionLimits& limits,
                             SessionOwner& owner, TcpListenerStatistics& statistics,
                             std::unique_ptr<io::ByteStream> stream, const Endpoint& peer)
    : loop_(loop),
      options_(options),
      limits_(limits),
      owner_(owner),
      statistics_(statistics),
      stream_(std::move(stream)),
      peer_(peer),
      idle_timeout_ms_(options.idle_timeout_ms),
      opened_ms_(loop.now_ms()),
      active_ms_(opened_ms_) {
  stream_->set_handler(this);
  timer_.bind<&ClientSession::on_timer>(this);
  loop_.timers().arm(timer_, due_ms());
}

// ---------------------------------------------------------------------------------------------------------
// Questions in

void ClientSession::on_bytes(Bytes bytes) {
  if (state_ == State::Leaving) return held_.append(bytes);
  if (state_ != State::Open) return;
  held_.append(paused_ ? bytes : bytes.subspan(take_messages(bytes)));
  if (state_ != State::Open) return;
  if (!hold(stream_->bytes_queued())) return abort(SessionEnd::MemoryShort);
  if (!paused_ && over_limits()) pause();
}

size_t ClientSession::take_messages(Bytes bytes) {
  const uint64_t before = queries_;
  const size_t taken =
      framing_.feed_until(bytes, [this](Bytes message) { return take_message(message); });
  if (queries_ > before) statistics_.queries_per_read.add(queries_ - before);
  return state_ == State::Open ? taken : bytes.size();
}

bool ClientSession::take_message(Bytes message) {
  if (message.size() < dns::kHeaderSize) {
    finish(SessionEnd::BadFrame);
    return false;
  }
  active_ms_ = loop_.now_ms();
  ++queries_;
  ++in_flight_;
  statistics_.queries.add();
  owner_.on_message(*this, message);
  if (queries_ == options_.queries_max) finish(SessionEnd::QueriesMax);
  return state_ == State::Open && !over_limits();
}

// Where memory is short, a session stops reading long before it could not be answered any more.
bool ClientSession::over_limits() const {
  const size_t share = (SessionLimits::kSessionBytes + limits_.share()) / 4;
  return in_flight_ >= options_.queries_in_flight_max ||
         stream_->bytes_queued() > std::min(options_.output_pause_bytes, share);
}

// -------------------------------------------------------------------------------------------------
// Memory

// Makes sure of the memory for `output` octets that wait to be sent. Twice: a stream has two
// buffers, one with the kernel and one that collects, and each may have held all of it.
bool ClientSession::hold(size_t output) {
  const size_t wanted = 2 * output + framing_.bytes_reserved() + held_.capacity();
  const size_t held = SessionLimits::kSessionBytes + loan_;
  if (wanted <= held) [[likely]]
    return true;
  const size_t more = std::bit_ceil(wanted) - held;
  if (!limits_.borrow(more, loan_)) return false;
  loan_ += more;
  if (state_ == State::Open) loop_.timers().arm(timer_, due_ms());
  return true;
}

// A stream gives its buffers back some time after they are empty, not before.
void ClientSession::repay() {
  if (loan_ == 0 || stream_->bytes_queued() > 0) return;
  if (stream_->bytes_held() > SessionLimits::kSessionBytes) return;
  const size_t input = framing_.bytes_reserved() + held_.capacity();
  const size_t wanted = input > SessionLimits::kSessionBytes ? std::bit_ceil(input) : 0;
  const size_t keep = wanted > 0 ? std::min(loan_, wanted - SessionLimits::kSessionBytes) : 0;
  limits_.give_back(loan_ - keep);
  loan_ = keep;
}

// A client may shut down its side and wait for the answers: what it asked is answered first.
bool ClientSession::on_peer_finished() {
  peer_finished_ = true;
  if (state_ == State::Leaving) return true;
  if (!paused_) finish(SessionEnd::Client);
  return true;
}

void ClientSession::pause() {
  paused_ = true;
  statistics_.reading_paused.add();
  stream_->pause_reading();
  loop_.timers().arm(timer_, due_ms());
}

// Never takes messages itself: it is called from inside the owner's code. Waits until a quarter of
// the places is free, so that reading does not stop and go for every answer.
void ClientSession::wake() {
  const uint32_t resume_below = options_.queries_in_flight_max - options_.queries_in_flight_max / 4;
  const bool room = in_flight_ < resume_below && !over_limits();
  if (paused_ && state_ == State::Open && room) loop_.continue_next_turn(*this);
}

void ClientSession::resume() {
  if (state_ != State::Open || over_limits()) return;
  held_.consume(take_messages(held_.bytes()));
  if (state_ != State::Open || over_limits()) return;
  held_.shrink(0);
  paused_ = false;
  if (peer_finished_) return finish(SessionEnd::Client);
  stream_->resume_reading();
}

// ---------------------------------------------------------------------------------------------------------
// Answers out

MutableBytes ClientSession::reserve_reply(size_t size_max) {
  if (state_ == State::Closing) return {};
  const size_t size = kLengthSize + size_max;
  const bool lent = hold(stream_->bytes_queued() + size);
  const MutableBytes room = lent ? stream_->reserve(size) : MutableBytes();
  if (room.size() <= kLengthSize) {
    // Silence would make the client wait; a closed connection makes it ask again (RFC 7766, 6.2.4).
    statistics_.replies_without_room.add();
    finish(lent ? SessionEnd::SlowReader : SessionEnd::MemoryShort);
    return {};
  }
  reply_ = room.data();
  return room.subspan(kLengthSize);
}

void ClientSession::send_reply(size_t size) {
  store_be16(reply_, static_cast<uint16_t>(size));
  stream_->commit(kLengthSize + size);
  statistics_.replies.add();
  reply_ended();
}

void ClientSession::drop_reply() {
  statistics_.dropped_by_handler.add();
  reply_ended();
}

void ClientSession::send_besides(Bytes message) {
  if (!hold(stream_->bytes_queued() + kLengthSize + message.size())) return;
  const MutableBytes room = stream_->reserve(kLengthSize + message.size());
  if (room.empty()) return;
  store_be16(room.data(), static_cast<uint16_t>(message.size()));
  std::memcpy(room.data() + kLengthSize, message.data(), message.size());
  stream_->commit(kLengthSize + message.size());
}

void ClientSession::reply_ended() {
  --in_flight_;
  active_ms_ = loop_.now_ms();
  wake();
  close_when_answered();
  leave_when_answered();
}

// ---------------------------------------------------------------------------------------------------------
// The end

void ClientSession::finish(SessionEnd why) {
  if (state_ != State::Open && state_ != State::Leaving) return;
  state_ = State::Finishing;
  end_ = why;
  framing_.reset();
  stream_->pause_reading();
  loop_.timers().arm(timer_, loop_.now_ms() + options_.finish_timeout_ms);
  close_when_answered();
}

void ClientSession::close_when_answered() {
  if (state_ != State::Finishing || in_flight_ > 0) return;
  if (end_ == SessionEnd::Drain && nothing_unread()) return abort(end_);
  state_ = State::Closing;
  stream_->close();
}

bool ClientSession::nothing_unread() const {
  return stream_->bytes_queued() == 0 && active_ms_ + kUnreadMs <= loop_.now_ms();
}

void ClientSession::hand_over() {
  if (state_ != State::Open) return;
  state_ = State::Leaving;
  end_ = SessionEnd::HandedOver;
  Resumable::unlink();
  stream_->pause_reading();
  loop_.timers().arm(timer_, loop_.now_ms() + options_.finish_timeout_ms);
  leave_when_answered();
}

void ClientSession::leave_when_answered() {
  if (state_ != State::Leaving || in_flight_ > 0 || stream_->detach()) return;
  finish(SessionEnd::Drain);
}

void ClientSession::on_detached(int descriptor) {
  state_ = State::Closing;
  timer_.cancel();
  limits_.give_back(loan_);
  loan_ = 0;
  const Bytes begun = framing_.waiting();
  ByteBuffer unread;
  unread.append(begun);
  unread.append(held_.bytes());
  owner_.on_session_handed_over(*this, descriptor, unread.bytes());
}

void ClientSession::begin_with(Bytes bytes) {
  held_.append(bytes);
  paused_ = true;
  stream_->pause_reading();
  loop_.continue_next_turn(*this);
}

void ClientSession::abort(SessionEnd why) {
  if (state_ == State::Open || state_ == State::Leaving) end_ = why;
  state_ = State::Closing;
  timer_.cancel();
  stream_->abort();
}

void ClientSession::on_closed(io::CloseReason reason, const std::string&) {
  if (state_ == State::Open || state_ == State::Leaving) end_ = end_of(reason);
  state_ = State::Closing;
  timer_.cancel();
  limits_.give_back(loan_);
  loan_ = 0;
  owner_.on_session_closed(*this);
}

void ClientSession::set_idle_timeout(uint64_t timeout_ms) {
  idle_timeout_ms_ = timeout_ms;
  if (state_ == State::Open) loop_.timers().arm(timer_, due_ms());
}

// A session with queries in flight is not idle; it is looked at again a whole timeout later, which
// is never too late, because the answer to come restarts the timeout.
uint64_t ClientSession::due_ms() const {
  const uint64_t idle_since_ms = in_flight_ > 0 ? loop_.now_ms() : active_ms_;
  uint64_t due_ms = idle_since_ms + idle_timeout_ms_;
  if (options_.lifetime_max_ms > 0)
    due_ms = std::min(due_ms, opened_ms_ + options_.lifetime_max_ms);
  return paused_ || loan_ > 0 ? std::min(due_ms, loop_.now_ms() + kLookMs) : due_ms;
}

void ClientSession::on_timer() {
  const uint64_t now_ms = loop_.now_ms();
  // Whoever could not be handed over in time has been cut off.
  if (state_ == State::Leaving) return abort(SessionEnd::Drain);
  if (state_ != State::Open) return abort(end_);
  repay();
  if (due_ms() > now_ms) {
    loop_.timers().arm(timer_, due_ms());
    return wake();
  }
  const bool idle = in_flight_ == 0 && active_ms_ + idle_timeout_ms_ <= now_ms;
  if (idle && stream_->bytes_queued() > 0) return abort(SessionEnd::SlowReader);
  finish(idle ? SessionEnd::Idle : SessionEnd::Lifetime);
}

}  // namespace dotring::listen
