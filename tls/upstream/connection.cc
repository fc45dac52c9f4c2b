#include "tls/upstream/connection.h"

#include "engine/dns/message_writer.h"

namespace dotring::upstream {
namespace {

constexpr size_t kLengthSize = 2;
constexpr uint64_t kEarlyPart = 32;

dns::Question question_of(const dns::QuestionKey& key) {
  return {key.name(), key.type(), key.klass()};
}

// Keepalive is asked for in each query, not only in the first: a server under pressure says so in
// any answer, and inside the padding it costs nothing (RFC 7828, 3.2.1).
dns::OptFields query_options(uint16_t padding) {
  dns::OptFields fields;
  fields.keepalive_empty = true;
  fields.pad_to_multiple = padding;
  return fields;
}

EndCause cause_of_end(io::CloseReason reason) {
  if (reason == io::CloseReason::Local) return EndCause::Local;
  return reason == io::CloseReason::Peer ? EndCause::PeerClosed : EndCause::Lost;
}

EndCause cause_of_failure(io::CloseReason reason, DialFailure failure) {
  if (reason == io::CloseReason::Local) return EndCause::Local;
  if (failure == DialFailure::TicketDeclined) return EndCause::TicketDeclined;
  if (failure == DialFailure::CertificateRefused) return EndCause::CertificateRefused;
  const bool in_handshake =
      reason == io::CloseReason::SecurityFailed || reason == io::CloseReason::ProtocolFailed;
  return in_handshake ? EndCause::HandshakeFailed : EndCause::ConnectFailed;
}

}  // namespace

Connection::Connection(const ConnectionOptions& options, const TurnTime& time, Random& random,
                       Dialer& dialer, IdleLimit& idle_limit, ServerStatistics& statistics,
                       ConnectionHandler& handler)
    : options_(options),
      query_opt_(query_options(options.padding)),
      time_(time),
      random_(random),
      dialer_(dialer),
      idle_limit_(idle_limit),
      statistics_(statistics),
      handler_(handler),
      ids_(options.ids_max, options.id_quarantine_ms) {
  timer_.bind<&Connection::on_timer>(this);
  half_message_.bind<&Connection::on_half_message>(this);
}

void Connection::set_options(const ConnectionOptions& options) {
  options_ = options;
  query_opt_ = query_options(options.padding);
  ids_.set_quarantine(options.id_quarantine_ms);
}

// ---------------------------------------------------------------------------------------------------
// Opening

void Connection::connect() {
  assert(state_ == State::Closed && !stream_);
  state_ = State::Connecting;
  blocked_ = false;
  framing_.reset();
  started_us_ = time_.now_us();
  opened_us_ = last_traffic_us_ = last_write_us_ = last_answer_us_ = answers_ = told_ms_ = 0;
  strays_in_row_ = no_answers_in_row_ = 0;
  time_.arm_in(timer_, options_.connect_timeout_ms);
  stream_ = dialer_.dial(*this);
}

void Connection::on_open() {
  if (state_ != State::Connecting) return;  // ended in the same turn
  state_ = State::Open;
  opened_us_ = last_traffic_us_ = time_.now_us();
  statistics_.streams_open.add();
  timer_.cancel();
  check_idle();
  handler_.on_connection_open(*this);
}

// ---------------------------------------------------------------------------------------------------
// Queries out

bool Connection::can_ask(size_t window) {
  if (!open() || blocked_ || ids_.waiting() >= window) return false;
  if (idle_us() / 1000 >= idle_limit_.unused_after_ms()) return false;
  return ids_.can_take(time_.now_ms());
}

bool Connection::can_probe() {
  return receiving() && !blocked_ && ids_.can_take(time_.now_ms());
}

bool Connection::ask(Attempt& attempt) {
  assert(receiving() && !attempt.under_way());
  const MutableBytes room = stream_->reserve(kLengthSize + dns::kUpstreamQuerySizeMax);
  if (room.empty()) {
    blocked_ = true;
    return false;
  }
  const std::optional<uint16_t> id = ids_.take(attempt, random_, time_.now_ms());
  if (!id) return false;
  const size_t size =
      dns::write_upstream_query(*attempt.key, *id, query_opt_, room.subspan(kLengthSize));
  assert(size > 0);
  store_be16(room.data(), static_cast<uint16_t>(size));
  stream_->commit(kLengthSize + size);
  attempt.id = *id;
  attempt.connection = this;
  attempt.sent_us = time_.now_us();
  count_query();
  return true;
}

// All that is written at the same `now` leaves in one flush, hence in one record.
void Connection::count_query() {
  const uint64_t now_us = time_.now_us();
  statistics_.queries.add();
  statistics_.in_flight.add();
  if (now_us != last_write_us_) statistics_.writes.add();
  last_write_us_ = last_traffic_us_ = now_us;
}

void Connection::abandon(Attempt& attempt) {
  assert(attempt.connection == this);
  ids_.abandon(attempt.id, time_.now_ms());
  attempt.connection = nullptr;
  statistics_.in_flight.subtract();
  close_when_drained();
}

void Connection::on_writable() {
  blocked_ = false;
  if (open()) handler_.on_room(*this);
}

// ---------------------------------------------------------------------------------------------------
// Answers in

void Connection::on_bytes(Bytes bytes) {
  if (!receiving()) return;
  last_traffic_us_ = time_.now_us();
  framing_.feed(bytes, [this](Bytes message) { return take_message(message); });
  watch_half_message();
  close_when_drained();
}

// False: the stream is of no use any more, what else came is dropped. A message that makes no sense
// ends at its frame, the next one may be good: others wait for theirs.
bool Connection::take_message(Bytes message) {
  if (message.size() < dns::kHeaderSize) return take_stray(statistics_.malformed);
  const dns::Header header = dns::read_header(message);
  if (!header.has(dns::kFlagQr)) return take_stray(statistics_.malformed);
  const auto found = ids_.find(header.id);
  switch (found.state) {
    case IdTable<Attempt>::State::Free:
      return take_stray(statistics_.unexpected);
    case IdTable<Attempt>::State::Abandoned:
      return take_late(header.id);
    case IdTable<Attempt>::State::Waiting:
      break;
  }
  return take_answer(*found.query, message);
}

bool Connection::take_stray(Counter& counter) {
  counter.add();
  if (++strays_in_row_ < options_.unexpected_max) return true;
  return garbage("messages that answer nothing");
}

bool Connection::take_late(uint16_t id) {
  statistics_.late.add();
  last_answer_us_ = time_.now_us();
  ids_.release(id);
  handler_.on_room(*this);
  return receiving();
}

bool Connection::take_answer(Attempt& attempt, Bytes message) {
  const dns::AnswerView view = dns::view_answer(message, question_of(*attempt.key));
  if (view.fault == dns::AnswerFault::WrongQuestion) {
    return take_no_answer(attempt, statistics_.mismatched);
  }
  const bool answer =
      view.fault == dns::AnswerFault::None || view.fault == dns::AnswerFault::WithoutQuestion;
  if (!answer) return take_no_answer(attempt, statistics_.malformed);
  ids_.release(attempt.id);
  attempt.connection = nullptr;
  statistics_.in_flight.subtract();
  statistics_.answers.add();
  ++answers_;
  last_answer_us_ = time_.now_us();
  strays_in_row_ = no_answers_in_row_ = 0;
  handler_.on_answer(*this, attempt, message, view);
  if (view.has_opt && state_ == State::Open) take_keepalive(view.edns);
  return receiving();
}

// The true answer may still come, so the id stays reserved; the question is asked again elsewhere.
bool Connection::take_no_answer(Attempt& attempt, Counter& counter) {
  counter.add();
  abandon(attempt);
  handler_.on_mismatch(*this, attempt);
  if (!receiving()) return false;
  if (++no_answers_in_row_ < options_.mismatched_max) return true;
  return garbage("answers that fit no question");
}

// RFC 7828, 3.2.2 and 3.4: zero asks us to close as soon as what is in flight is answered.
void Connection::take_keepalive(const dns::Edns& edns) {
  if (!edns.keepalive_100ms || edns.keepalive_empty) return;
  const uint64_t limit_ms = uint64_t{*edns.keepalive_100ms} * 100;
  if (limit_ms == 0) return drain();
  if (limit_ms == told_ms_) return;
  told_ms_ = limit_ms;
  idle_limit_.told(limit_ms);
  idle_limit_changed();
}

// The rest of a message should follow at once; what comes after it would wait in vain.
void Connection::watch_half_message() {
  if (receiving() && framing_.bytes_waiting() > 0) {
    time_.arm_in(half_message_, options_.message_timeout_ms);
  } else {
    half_message_.cancel();
  }
}

void Connection::on_half_message() {
  garbage("half a message");
}

bool Connection::garbage(const char* detail) {
  end(EndCause::Garbage, detail);
  return false;
}

// ---------------------------------------------------------------------------------------------------
// Idleness

uint64_t Connection::idle_us() const {
  return in_flight() > 0 ? 0 : time_.now_us() - last_traffic_us_;
}

void Connection::idle_limit_changed() {
  const uint64_t limit_ms = idle_limit_.limit_ms();
  statistics_.idle_limit_ms.set(limit_ms == IdleLimit::kUnknown ? 0 : limit_ms);
  if (open()) check_idle();
}

void Connection::on_timer() {
  if (state_ == State::Connecting) {
    end(EndCause::ConnectFailed, "no connection in time");
  } else if (open()) {
    check_idle();
  }
}

// Lazily: traffic does not move the timer, the timer looks at the traffic. A little too early is
// better than to wake up once more: after our own question, that is by the answer's round trip.
void Connection::check_idle() {
  const uint64_t due_ms = idle_limit_.ask_after_ms();
  if (idle_us() / 1000 >= due_ms - due_ms / kEarlyPart) handler_.on_idle(*this);
  const uint64_t limit_ms = idle_limit_.ask_after_ms();
  if (!open() || limit_ms == IdleLimit::kUnknown) return;
  const uint64_t idle_ms = idle_us() / 1000;
  if (idle_ms < limit_ms) time_.arm_in(timer_, limit_ms - idle_ms);
}

// ---------------------------------------------------------------------------------------------------
// Ending

void Connection::drain() {
  if (state_ == State::Connecting) return end(EndCause::Local, "not needed");
  if (!open()) return;
  state_ = State::Draining;
  timer_.cancel();
  close_when_drained();
}

void Connection::close_when_drained() {
  if (state_ != State::Draining || in_flight() > 0) return;
  state_ = State::Closing;
  stream_->close();
  report_end(EndCause::Local, "drained");
}

void Connection::end(EndCause cause, const std::string& detail) {
  assert(state_ != State::Closed && state_ != State::Closing);
  state_ = State::Closing;
  stream_->abort();
  report_end(cause, detail);
}

// No more answers will come. What was in flight is not kept waiting for the stream's own end.
bool Connection::on_peer_finished() {
  if (!receiving()) return false;
  const bool whole = framing_.bytes_waiting() == 0;
  state_ = State::Closing;
  report_end(whole ? EndCause::PeerClosed : EndCause::Garbage,
             whole ? "closed by the server" : "half a message, then the end");
  return false;
}

void Connection::on_closed(io::CloseReason reason, const std::string& detail) {
  const bool reported = state_ == State::Closing;
  const std::unique_ptr<io::ByteStream> closed = std::move(stream_);  // `detail` may live in it
  state_ = State::Closed;
  if (reported) return handler_.on_free(*this);
  const bool was_open = opened_us_ != 0;
  report_end(was_open ? cause_of_end(reason) : cause_of_failure(reason, dialer_.failure(*closed)),
             detail);
}

// The attempts are taken out first: what the handler does with them may fill this table again.
void Connection::report_end(EndCause cause, const std::string& detail) {
  timer_.cancel();
  half_message_.cancel();
  const uint64_t now_us = time_.now_us();
  const uint64_t idle = opened_us_ != 0 ? idle_us() : 0;
  const size_t lost_count = in_flight();
  List<Attempt> lost;
  ids_.clear([&](Attempt& attempt) {
    attempt.connection = nullptr;
    lost.push_back(attempt);
    statistics_.in_flight.subtract();
  });
  if (opened_us_ != 0) statistics_.streams_open.subtract();
  const uint64_t open_us = opened_us_ != 0 ? now_us - opened_us_ : 0;
  handler_.on_ended(*this, {cause, detail, answers_, open_us, idle, lost_count, lost});
  assert(lost.empty());
}

}  // namespace dotring::upstream
