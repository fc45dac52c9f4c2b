// Questions to a server, and its answers.

#include "tls/upstream/server.h"

#include <algorithm>
#include <utility>

#include "tls/upstream/refusal.h"

namespace dotring::upstream {
// ---------------------------------------------------------------------------------------------------
// Questions

Standing Server::stand(std::span<const Attempt> attempts, uint16_t company) {
  Standing standing;
  if (failing() || draining_) return standing;
  bool doubtful = state() == ServerState::Probing;
  const bool apart = company != kAnyCompany;
  standing.connection = apart ? pick_apart(attempts, company) : pick(attempts, doubtful);
  standing.readiness = doubtful ? Readiness::Doubtful : Readiness::Ready;
  if (!standing.connection) standing.readiness = Readiness::Waiting;
  standing.in_flight = statistics_.in_flight.value();
  standing.round_trip_us = measure_stale() ? 0 : round_trip_.smoothed_us();
  return standing;
}

// The first stream with few queries in flight, so that queries of one turn leave together; when all
// have many, the one with the fewest. A stream in doubt only when there is no other; one that was
// opened after a failure not before our own question is answered: else a question that ends streams
// would make the server fail.
Connection* Server::pick(std::span<const Attempt> attempts, bool& doubtful) {
  Connection* best = nullptr;
  bool best_in_doubt = false;
  for (const auto& slot : slots_) {
    Connection& connection = slot->connection;
    if (slot->proving || !connection.can_ask(window_.size())) continue;
    if (carries(attempts, connection)) continue;
    const bool in_doubt = slot->in_doubt();
    if (!in_doubt && connection.in_flight() < options_.spread_above) return &connection;
    const bool fewer = best && connection.in_flight() < best->in_flight();
    if (best && (in_doubt > best_in_doubt || (in_doubt == best_in_doubt && !fewer))) continue;
    best = &connection;
    best_in_doubt = in_doubt;
  }
  doubtful = doubtful || best_in_doubt;
  return best;
}

bool Server::ask(Connection& connection, Attempt& attempt, uint16_t company) {
  last_question_us_ = time_.now_us();
  Slot& slot = slot_of(connection);
  const uint16_t company_now = slot.company_with(company);
  if (!connection.ask(attempt)) return false;
  slot.company = company_now;
  attempt.server = static_cast<uint16_t>(index_);
  if (measure_stale()) measure_anew();
  if (!slot.apart && connection.in_flight() >= options_.grow_above) want_stream();
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
// it. On a silent stream that is known when the probe was answered: a dead one says nothing of the
// time that answers take.
size_t Server::attempt_timed_out(Attempt& attempt) {
  statistics_.timeouts.add();
  const uint64_t waited_us = time_.now_us() - attempt.sent_us;
  if (!silent(*attempt.connection, attempt)) {
    round_trip_.add(waited_us);
    return 0;
  }
  Slot& slot = slot_of(*attempt.connection);
  slot.waited_us = std::max(slot.waited_us, waited_us);
  slot.apart ? void(probe(slot)) : probe_all();
  return slot.questions();
}

bool Server::silent(const Connection& connection, const Attempt& attempt) const {
  const uint64_t heard_us = connection.last_answer_us();
  return heard_us < attempt.sent_us ||
         time_.now_us() - heard_us >= options_.patience_ms_min * 1000 / 2;
}

// One dead stream is likely not the only one: all are asked at once.
void Server::probe_all() {
  for (const auto& slot : slots_) probe(*slot);
}

// Those that are kept apart have waited already for what may be the fault of one of them.
bool Server::probe(Slot& slot) {
  slot.keeping_open = false;
  if (!slot.connection.can_probe()) return false;
  const uint64_t timeout_ms =
      slot.apart ? std::min(options_.probe_timeout_ms, options_.patience_ms_min / 2)
                 : options_.probe_timeout_ms;
  if (!slot.probe.send(slot.connection, time_, timeout_ms)) return false;
  statistics_.probes.add();
  return true;
}

// ---------------------------------------------------------------------------------------------------
// Answers

void Server::on_answer(Connection& connection, Attempt& attempt, Bytes message,
                       const dns::AnswerView& view) {
  answered();
  if (!attempt.inquiry) return probe_answered(slot_of(connection), attempt);
  measure(attempt);
  if (is_refusal(view)) statistics_.refusals.add();
  handler_.on_answer(attempt, message, view);
}

void Server::probe_answered(Slot& slot, const Attempt& attempt) {
  slot.probe.ended();
  slot.proving = false;
  if (!round_trip_.measured()) measure(attempt);
  if (slot.waited_us > 0) round_trip_.add(std::exchange(slot.waited_us, 0));
  handler_.on_stream();
}

void Server::answered() {
  last_answered_us_ = time_.now_us();
  may_be_back_ = false;
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
  Slot& slot = slot_of(connection);
  slot.probe.ended();
  if (slot.proving) connection.end(EndCause::Garbage, "a wrong answer to our own question");
}

void Server::on_room(Connection&) {
  handler_.on_room();
}

}  // namespace dotring::upstream
