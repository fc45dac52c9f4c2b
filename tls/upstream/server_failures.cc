// What the end of a stream means: a failure of the server, of a question, or nothing at all.

#include <algorithm>

#include "tls/upstream/server.h"

namespace dotring::upstream {
namespace {

// A server that closes an unused stream earlier than this did not want us; it was not idleness.
constexpr uint64_t kUnwantedUs = 1'000'000;

Event::Kind event_of(EndCause cause) {
  if (cause == EndCause::CertificateRefused) return Event::Kind::CertificateRefused;
  if (cause == EndCause::HandshakeFailed) return Event::Kind::HandshakeFailed;
  return Event::Kind::ServerFailing;
}

}  // namespace

void Server::on_ended(Connection& connection, const Ending& ending) {
  Slot& slot = slot_of(connection);
  const bool probing = slot.probe.attempt().linked();
  const Loss loss{ending.lost_count - (probing ? 1 : 0),
                  ending.cause == EndCause::PeerClosed && ending.answers > 0};
  slot.renewing = slot.proving = false;
  slot.waited_us = 0;
  slot.probe.ended();
  // Closed already: on_free(), for which somebody may wait, does not come.
  const bool was_wanted = slot_wanted_ && connection.state() == Connection::State::Closed;
  if (was_wanted) slot_wanted_ = false;
  slot.apart ? judge_apart(ending) : judge(ending, loss.together > 0);
  if (!slot.apart && was_of_use(ending)) keep_warm();
  while (Attempt* attempt = ending.lost.pop_front()) {
    if (attempt->inquiry) handler_.on_lost(*attempt, loss);
  }
  if (slot.apart) handler_.on_room();
  if (was_wanted) want_stream();
}

// A stream that was closed soon without having carried a question is not replaced before there is
// one: this server does not like streams in reserve.
bool Server::was_of_use(const Ending& ending) const {
  const bool carried_question = time_.now_us() - last_question_us_ <= ending.open_us;
  return carried_question || ending.open_us >= kUnwantedUs;
}

// A question may have ended the stream. Then the server is `excused`: whether it works is seen from
// the next stream, which has nothing but our own question on it at first.
void Server::judge(const Ending& ending, bool excused) {
  switch (ending.cause) {
    case EndCause::Local:
      return;
    case EndCause::TicketDeclined:
      return draining_ ? void() : connect();
    case EndCause::PeerClosed:
    case EndCause::Lost:
      return judge_peer_close(ending, excused);
    case EndCause::Garbage:
      if (ending.answers > 0) return statistics_.streams_garbage.add();
      return failed(ending.cause, ending.detail, excused);
    case EndCause::Silent:
      if (answers_elsewhere()) return statistics_.streams_silent.add();
      return failed(ending.cause, ending.detail);
    case EndCause::ConnectFailed:
    case EndCause::CertificateRefused:
    case EndCause::HandshakeFailed:
      return failed(ending.cause, ending.detail);
  }
}

// While one stream was silent another one gave answers: a question has stopped it, not the server.
bool Server::answers_elsewhere() const {
  return time_.now_us() - last_answered_us_ < options_.probe_timeout_ms * 1000;
}

// A stream that gave answers is no failure of the server: it closes after so many, or was
// restarted.
void Server::judge_peer_close(const Ending& ending, bool excused) {
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
  if (unwanted) failed(ending.cause, ending.detail, excused);
}

void Server::learn_idle_limit(uint64_t idle_ms) {
  idle_limit_.peer_closed(idle_ms);
  for (const auto& slot : slots_) slot->connection.idle_limit_changed();
}

void Server::failed(EndCause cause, const std::string& detail, bool excused) {
  const bool refused = cause == EndCause::CertificateRefused;
  const bool others_open = slots_.count(Connection::State::Open) > 0;
  count_failure(cause);
  may_be_back_ = false;
  uint64_t retry_ms = health_.failed(refused, others_open || excused, random_);
  statistics_.state.set(static_cast<uint64_t>(state()));
  if (draining_) return;
  if (failing() && time_.now_us() >= next_report_us_) {
    next_report_us_ = time_.now_us() + retry_ms * 1000;
    report(event_of(cause), detail, retry_ms);
  }
  if (handler_.in_a_hurry()) retry_ms = std::min(retry_ms, health_.retry_ms_max());
  retry_in(retry_ms);
  if (failing()) handler_.on_failing();
}

void Server::count_failure(EndCause cause) {
  if (cause == EndCause::Garbage) statistics_.streams_garbage.add();
  if (cause == EndCause::Silent) statistics_.streams_silent.add();
  if (cause == EndCause::CertificateRefused) statistics_.certificates_refused.add();
  if (cause == EndCause::HandshakeFailed) statistics_.handshakes_failed.add();
  if (never_opened(cause)) statistics_.connects_failed.add();
}

void Server::report(Event::Kind kind, const std::string& detail, uint64_t retry_ms) const {
  if (options_.on_event) options_.on_event({kind, server_, detail, retry_ms});
}

}  // namespace dotring::upstream
