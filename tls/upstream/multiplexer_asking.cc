// Where and when a question is asked: the choice of a server, waiting for room, patience and
// hedges.

#include "tls/upstream/multiplexer.h"

namespace dotring::upstream {

using query::ForwardResult;

// ---------------------------------------------------------------------------------------------------
// Asking

void Multiplexer::ask_or_wait(Inquiry& inquiry) {
  const Outcome outcome = ask(inquiry, inquiry.refused);
  if (outcome == Outcome::Asked) return;
  if (outcome == Outcome::NoServer) {
    for (const auto& server : servers_) server->hasten();
  }
  if (outcome == Outcome::NoRoom || may_be_back()) {
    wait(waiting_, inquiry, Place::Last);
    return arm_deadline(inquiry);
  }
  // Never from inside start(): the answer comes at the next tick, unless a server is back by then.
  time_.arm_in(inquiry.timer, 0);
}

Multiplexer::Outcome Multiplexer::ask(Inquiry& inquiry, ServerSet excluded) {
  Attempt* attempt = inquiry.free_attempt();
  if (!attempt) return Outcome::NoServer;
  for (size_t i = 0; i < servers_.size(); ++i) {
    standings_[i] = servers_[i]->stand(inquiry.listening(), inquiry.company);
  }
  const auto chosen = choice_.choose(standings_, inquiry.asked, excluded, random_);
  if (!chosen) {
    const bool soon = best_readiness(standings_, excluded) == Readiness::Waiting;
    return soon ? Outcome::NoRoom : Outcome::NoServer;
  }
  Server& server = *servers_[*chosen];
  // A full send queue shows only now, and is no choice the next time.
  Connection& connection = *standings_[*chosen].connection;
  if (!server.ask(connection, *attempt, inquiry.company)) return ask(inquiry, excluded);
  attempt->forgiven = false;
  inquiry.newest = attempt;
  inquiry.asked |= ServerSet{1} << *chosen;
  ++inquiry.asks;
  if (inquiry.apart()) statistics_.asked_apart.add();
  arm_after_ask(inquiry, server);
  stop_waiting(inquiry);
  return Outcome::Asked;
}

Multiplexer::Outcome Multiplexer::ask_again(Inquiry& inquiry, Counter& reason) {
  if (used_up(inquiry)) return Outcome::NoServer;
  const Outcome outcome = ask(inquiry, inquiry.refused);
  if (outcome == Outcome::Asked) reason.add();
  return outcome;
}

bool Multiplexer::used_up(const Inquiry& inquiry) const {
  return inquiry.asks_counted() >= options_.asks_max;
}

// It may be under way elsewhere too, and waits all the same.
void Multiplexer::ask_apart(Inquiry& inquiry, Counter& reason) {
  const Outcome outcome = ask_again(inquiry, reason);
  if (outcome == Outcome::Asked) return;
  const bool may_wait = outcome == Outcome::NoRoom && inquiry.refusal.empty();
  if (!may_wait && !inquiry.under_way()) return give_up(inquiry);
  if (may_wait) wait(apart_, inquiry, Place::Last);
  arm_deadline(inquiry);
}

bool Multiplexer::all_failing() const {
  return std::all_of(servers_.begin(), servers_.end(),
                     [](const auto& server) { return server->failing() || server->draining(); });
}

bool Multiplexer::may_be_back() const {
  return std::any_of(servers_.begin(), servers_.end(),
                     [](const auto& server) { return server->may_be_back(); });
}

bool Multiplexer::in_a_hurry() const {
  const uint64_t quiet_us = time_.now_us() - last_question_us_;
  return all_failing() && quiet_us < options_.hurry_for_ms * 1000;
}

// ---------------------------------------------------------------------------------------------------
// Waiting for room

// A question that was lost goes first: it is older, and should not be lost again and again.
void Multiplexer::wait(List<Inquiry>& list, Inquiry& inquiry, Place place) {
  place == Place::First ? list.push_front(inquiry) : list.push_back(inquiry);
  statistics_.questions_waiting.add();
  for (size_t i = 0; i < servers_.size(); ++i) {
    if (inquiry.refused >> i & 1) continue;
    inquiry.apart() ? servers_[i]->want_stream_apart() : servers_[i]->want_stream();
  }
}

void Multiplexer::stop_waiting(Inquiry& inquiry) {
  if (!inquiry.linked()) return;
  inquiry.unlink();
  statistics_.questions_waiting.subtract();
  if (!inquiry.apart() || !apart_.empty()) return;
  for (const auto& server : servers_) server->end_apart();
}

void Multiplexer::on_stream() {
  serve_waiting();
  serve_elsewhere();
  serve_apart();
}

void Multiplexer::on_room() {
  serve_waiting();
  serve_apart();
}

// In order; where there is no room for the first there is none for the others.
void Multiplexer::serve_waiting() {
  while (Inquiry* inquiry = waiting_.front()) {
    if (ask(*inquiry, inquiry->refused) == Outcome::Asked) continue;
    for (const auto& server : servers_) server->want_stream();
    return;
  }
}

// Each has streams of its own that it cannot use, so each is tried.
void Multiplexer::serve_elsewhere() {
  List<Inquiry> tried;
  tried.splice_back(elsewhere_);
  while (Inquiry* inquiry = tried.front()) {
    if (ask_again(*inquiry, statistics_.asked_again_timeout) == Outcome::Asked) continue;
    inquiry->unlink();
    elsewhere_.push_back(*inquiry);
  }
}

// In turn: one that was lost alone has gone to the end.
void Multiplexer::serve_apart() {
  while (Inquiry* inquiry = apart_.front()) {
    if (ask(*inquiry, inquiry->refused) == Outcome::Asked) continue;
    for (const auto& server : servers_) server->want_stream_apart();
    return;
  }
}

// ---------------------------------------------------------------------------------------------------
// Timers

void Multiplexer::on_timer(Inquiry& inquiry) {
  if (time_.now_ms() >= inquiry.deadline_ms) {
    if (!inquiry.refusal.empty()) return finish_with_refusal(inquiry);
    const bool asked = inquiry.asked != 0;
    return finish(inquiry, asked ? ForwardResult::TimedOut : ForwardResult::NoUpstream);
  }
  if (!inquiry.under_way()) return on_no_server(inquiry);
  if (inquiry.hedging) return on_hedge(inquiry);
  on_patience(inquiry);
}

// No server worked when the question came.
void Multiplexer::on_no_server(Inquiry& inquiry) {
  go_on_without(inquiry, ask(inquiry, inquiry.refused));
}

// A second server, never the same again; when there is none, patience has its time.
void Multiplexer::on_hedge(Inquiry& inquiry) {
  inquiry.hedging = false;
  if (ask(inquiry, inquiry.refused | inquiry.asked) == Outcome::Asked) {
    return statistics_.hedges.add();
  }
  const Server& server = *servers_[inquiry.newest->server];
  const uint64_t passed_us = time_.now_us() - inquiry.newest->sent_us;
  const uint64_t patience_us = std::min(server.patience_us(), inquiry.patience_us_max);
  arm_in_us(inquiry, patience_us > passed_us ? patience_us - passed_us : 0);
}

void Multiplexer::on_patience(Inquiry& inquiry) {
  Attempt& newest = *inquiry.newest;
  const size_t silent_to =
      newest.under_way() ? servers_[newest.server]->attempt_timed_out(newest) : 0;
  if (silent_to > 1 || inquiry.apart()) return on_silence(inquiry, silent_to);
  const Outcome outcome = ask_again(inquiry, statistics_.asked_again_timeout);
  if (outcome == Outcome::Asked) return;
  if (!inquiry.refusal.empty()) return finish_with_refusal(inquiry);
  if (outcome == Outcome::NoRoom) wait(elsewhere_, inquiry, Place::Last);
  arm_deadline(inquiry);
}

// The stream gives no answers to `together` questions. It is still listened to. Another server is
// asked at once; on other streams of the same one the silence would be carried along.
void Multiplexer::on_silence(Inquiry& inquiry, size_t together) {
  if (together > 1) inquiry.forgive(*inquiry.newest);
  const bool first = inquiry.losses++ == 0;
  if (first && ask(inquiry, inquiry.refused | inquiry.asked) == Outcome::Asked) {
    return statistics_.asked_again_timeout.add();
  }
  inquiry.keep_apart(together);
  ask_apart(inquiry, statistics_.asked_again_timeout);
}

void Multiplexer::arm_after_ask(Inquiry& inquiry, Server& server) {
  const uint64_t delay_us = std::min(server.patience_us(), inquiry.patience_us_max);
  const uint64_t hedge_us = server.hedge_after_us();
  inquiry.hedging = options_.hedge_percentile > 0 && servers_.size() > 1 && inquiry.asks == 1 &&
                    hedge_us > 0 && hedge_us < delay_us;
  arm_in_us(inquiry, inquiry.hedging ? hedge_us : delay_us);
}

void Multiplexer::arm_deadline(Inquiry& inquiry) {
  arm(inquiry, inquiry.deadline_ms);
}

void Multiplexer::arm_in_us(Inquiry& inquiry, uint64_t delay_us) {
  const uint64_t due_ms = (time_.now_us() + delay_us + 999) / 1000;
  arm(inquiry, std::min(due_ms, inquiry.deadline_ms));
}

// A timer that is about to run because the deadline has come is not moved to the next tick.
void Multiplexer::arm(Inquiry& inquiry, uint64_t due_ms) {
  const bool expiring = inquiry.timer.armed() && time_.now_ms() >= inquiry.deadline_ms;
  if (!expiring) time_.arm(inquiry.timer, due_ms);
}

}  // namespace dotring::upstream
