// Questions to a server, its answers, and what its failures mean. Its streams: server_streams.cc.

#include "tls/upstream/server.h"

#include <algorithm>

#include "tls/upstream/refusal.h"

namespace dotring::upstream {
namespace {

// A server that closes an unused stream earlier than this did not want us; it was not idleness.
constexpr uint64_t kUnwantedUs = 1'000'000;

bool carries(std::span<const Attempt> attempts, const Connection& connection) {
  return std::any_of(attempts.begin(), attempts.end(),
                     [&](const Attempt& attempt) { return attempt.connection == &connection; });
}

}  // namespace

// ---------------------------------------------------------------------------------------------------
// Questions

Standing Server::stand(std::span<const Attempt> attempts) {
  Standing standing;
  if (failing()) return standing;
  bool doubtful = state() == ServerState::Probing;
  standing.connection = pick(attempts, doubtful);
  standing.readiness = doubtful ? Readiness::Doubtful : Readiness::Ready;
  if (!standing.connection) standing.readiness = Readiness::Waiting;
  standing.in_flight = statistics_.in_flight.value();
  standing.round_trip_us = measure_stale() ? 0 : round_trip_.smoothed_us();
  return standing;
}

// The first stream with few queries in flight, so that queries of one turn leave together; when all
// have many, the one with the fewest. A stream in doubt only when there is no other.
Connection* Server::pick(std::span<const Attempt> attempts, bool& doubtful) {
  Connection* best = nullptr;
  bool best_in_doubt = false;
  for (const auto& slot : slots_) {
    Connection& connection = slot->connection;
    if (!connection.can_ask(window_.size()) || carries(attempts, connection)) continue;
    const bool in_doubt = slot->probe.under_way();
    if (!in_doubt && connection.in_flight() < options_.spread_above) return &connection;
    const bool fewer = best && connection.in_flight() < best->in_flight();
    if (best && (in_doubt > best_in_doubt || (in_doubt == best_in_doubt && !fewer))) continue;
    best = &connection;
    best_in_doubt = in_doubt;
  }
  doubtful = doubtful || best_in_doubt;
  return best;
}

bool Server::ask(Connection& connection, Attempt& attempt) {
  last_question_us_ = time_.now_us();
  if (!connection.ask(attempt)) return false;
  attempt.server = static_cast<uint16_t>(index_);
  if (measure_stale()) measure_anew();
  if (connection.in_flight() >= options_.grow_above) want_stream();
  return true;
}

uint64_t Server::patience_us() const {
  const uint64_t patience = round_trip_.patience_us(options_.patience_unmeasured_ms * 1000);
  return std::max(patience, options_.patience_ms_min * 1000);
}

bool Server::measure_stale() const {
  return time_.now_us() - last_measured_us_ > options_.remeasure_ms * 1000;
}

// One question is enough to find out: for the next ones the old figure stands.
void Server::measure_anew() {
  last_measured_us_ = time_.now_us();
  round_trip_.outdate();
}

// An attempt that ran out of patience took at least that long, or "fastest" would never learn of
// it.
void Server::attempt_timed_out(Attempt& attempt) {
  statistics_.timeouts.add();
  round_trip_.add(time_.now_us() - attempt.sent_us);
  if (attempt.connection->last_answer_us() < attempt.sent_us) suspect();
}

// One dead stream is likely not the only one: all are asked at once.
void Server::suspect() {
  for (const auto& slot : slots_) probe(*slot);
}

void Server::probe(Slot& slot) {
  if (!slot.connection.can_ask(SIZE_MAX)) return;
  if (slot.probe.send(slot.connection, time_, options_.probe_timeout_ms)) statistics_.probes.add();
}

void Server::Slot::on_probe_timeout() {
  if (!probe.under_way()) return;
  const bool alive = connection.last_answer_us() >= probe.sent_us();
  if (alive) return connection.abandon(probe.attempt());
  connection.end(EndCause::Silent, "no answers");
}

// ---------------------------------------------------------------------------------------------------
// Answers

void Server::on_answer(Connection& connection, Attempt& attempt, Bytes message,
                       const dns::AnswerView& view) {
  answered();
  if (!attempt.inquiry) {
    slot_of(connection).probe.ended();
    if (!round_trip_.measured()) measure(attempt);
    return handler_.on_room();
  }
  measure(attempt);
  if (is_refusal(view)) statistics_.refusals.add();
  handler_.on_answer(attempt, message, view);
}

void Server::answered() {
  window_.answered();
  const bool was_up = state() == ServerState::Up;
  health_.answered();
  if (was_up) return;
  next_report_us_ = 0;
  statistics_.state.set(static_cast<uint64_t>(state()));
  report(Event::Kind::ServerUp, "answers", 0);
}

void Server::measure(const Attempt& attempt) {
  last_measured_us_ = time_.now_us();
  const uint64_t round_trip_us = last_measured_us_ - attempt.sent_us;
  round_trip_.add(round_trip_us);
  statistics_.round_trip_us.add(round_trip_us);
  statistics_.round_trip_smoothed_us.set(round_trip_.smoothed_us());
}

void Server::on_mismatch(Connection& connection, Attempt& attempt) {
  if (attempt.inquiry) return handler_.on_mismatch(attempt);
  slot_of(connection).probe.ended();
}

void Server::on_room(Connection&) {
  handler_.on_room();
}

// ---------------------------------------------------------------------------------------------------
// Failures

void Server::on_ended(Connection& connection, const Ending& ending) {
  Slot& slot = slot_of(connection);
  slot.renewing = false;
  slot.probe.ended();
  judge(ending);
  if (was_of_use(ending)) keep_warm();
  while (Attempt* attempt = ending.lost.pop_front()) {
    if (attempt->inquiry) handler_.on_lost(*attempt, ending.answers > 0);
  }
}

// A stream that was closed soon without having carried a question is not replaced before there is
// one: this server does not like streams in reserve.
bool Server::was_of_use(const Ending& ending) const {
  const bool carried_question = time_.now_us() - last_question_us_ <= ending.open_us;
  return carried_question || ending.open_us >= kUnwantedUs;
}

void Server::judge(const Ending& ending) {
  switch (ending.cause) {
    case EndCause::Local:
      return;
    case EndCause::TicketDeclined:
      return draining_ ? void() : connect();
    case EndCause::PeerClosed:
    case EndCause::Lost:
      return judge_peer_close(ending);
    case EndCause::ConnectFailed:
    case EndCause::CertificateRefused:
    case EndCause::Garbage:
    case EndCause::Silent:
      return failed(ending.cause, ending.detail);
  }
}

// A stream that gave answers is no failure of the server: it closes after so many, or was
// restarted.
void Server::judge_peer_close(const Ending& ending) {
  const bool idle = ending.lost_count == 0;
  (idle ? statistics_.peer_closes_idle : statistics_.streams_lost).add();
  if (idle) {
    learn_idle_limit(ending.idle_us / 1000);
  } else if (ending.cause == EndCause::Lost) {
    window_.broken_off(ending.lost_count);
  } else {
    window_.closed_early(ending.answers);
  }
  const bool unwanted = ending.answers == 0 && (!idle || ending.open_us < kUnwantedUs);
  if (unwanted) failed(ending.cause, ending.detail);
}

void Server::learn_idle_limit(uint64_t idle_ms) {
  idle_limit_.peer_closed(idle_ms);
  const uint64_t limit_ms = idle_limit_.limit_ms();
  statistics_.idle_limit_ms.set(limit_ms == IdleLimit::kUnknown ? 0 : limit_ms);
  for (const auto& slot : slots_) slot->connection.idle_limit_changed();
}

void Server::failed(EndCause cause, const std::string& detail) {
  const bool refused = cause == EndCause::CertificateRefused;
  const bool others_open = count(Connection::State::Open) > 0;
  count_failure(cause);
  uint64_t retry_ms = health_.failed(refused, others_open, random_);
  statistics_.state.set(static_cast<uint64_t>(state()));
  if (draining_) return;
  if (failing() && time_.now_us() >= next_report_us_) {
    next_report_us_ = time_.now_us() + retry_ms * 1000;
    report(refused ? Event::Kind::CertificateRefused : Event::Kind::ServerFailing, detail,
           retry_ms);
  }
  if (handler_.in_a_hurry()) retry_ms = std::min(retry_ms, health_.retry_ms_max());
  retry_in(retry_ms);
  if (failing()) handler_.on_failing();
}

void Server::count_failure(EndCause cause) {
  if (cause == EndCause::Garbage) statistics_.streams_garbage.add();
  if (cause == EndCause::Silent) statistics_.streams_silent.add();
  if (cause == EndCause::CertificateRefused) statistics_.certificates_refused.add();
  const bool never_open = cause == EndCause::CertificateRefused || cause == EndCause::ConnectFailed;
  if (never_open) statistics_.connects_failed.add();
}

void Server::report(Event::Kind kind, const std::string& detail, uint64_t retry_ms) const {
  if (options_.on_event) options_.on_event({kind, options_.servers[index_], detail, retry_ms});
}

}  // namespace dotring::upstream
