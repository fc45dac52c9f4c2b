// What becomes of a question: taken, answered, refused, lost, timed out, finished. Where it is
// asked: multiplexer_asking.cc.

#include "tls/upstream/multiplexer.h"

#include "tls/upstream/refusal.h"

namespace dotring::upstream {

using query::Forward;
using query::ForwardResult;

namespace {

// A refusal is kept whole only when it is short; refusals are.
constexpr size_t kRefusalSizeMax = 512;
// Those that are lost together are asked again in so many groups, the second time.
constexpr size_t kGroups = 8;

}  // namespace

Inquiry::Inquiry(Multiplexer& owner, Forward& asked_for)
    : multiplexer(owner), forward(asked_for), deadline_ms(asked_for.deadline_us / 1000) {
  timer.bind<&Inquiry::on_timer>(this);
  const uint64_t now_us = owner.time_.now_us();
  const uint64_t left_us = asked_for.deadline_us > now_us ? asked_for.deadline_us - now_us : 0;
  patience_us_max = left_us / 3;
  for (Attempt& attempt : attempts) {
    attempt.inquiry = this;
    attempt.key = asked_for.key;
  }
}

Attempt* Inquiry::free_attempt() {
  const auto free = std::find_if(attempts.begin(), attempts.end(),
                                 [](const Attempt& attempt) { return !attempt.under_way(); });
  return free == attempts.end() ? nullptr : &*free;
}

void Inquiry::keep_apart(size_t together) {
  const size_t smaller = std::min<size_t>(together, company) / kGroups;
  company = static_cast<uint16_t>(std::clamp<size_t>(smaller, 1, kCompanyMax));
}

void Inquiry::forgive(Attempt& attempt) {
  if (attempt.forgiven || asks_forgiven == kAsksForgivenMax) return;
  attempt.forgiven = true;
  ++asks_forgiven;
}

void Inquiry::on_timer() {
  multiplexer.on_timer(*this);
}

Multiplexer::Multiplexer(const Options& options, const TurnTime& time, const HashKey& seed,
                         std::vector<std::unique_ptr<Dialer>> dialers)
    : options_(options),
      time_(time),
      random_(seed),
      choice_(options.policy, options.servers),
      inquiries_(options.questions_max),
      standings_(options.servers.size()) {
  assert(dialers.size() == options_.servers.size());
  assert(options_.asks_max >= 1);
  for (size_t i = 0; i < dialers.size(); ++i) {
    ServerHandler& handler = *this;
    servers_.push_back(std::make_unique<Server>(options_, options_.servers[i], i, time_,
                                                random_.fork(), std::move(dialers[i]), handler));
  }
}

Multiplexer::~Multiplexer() {
  assert(closed());
}

// Questions: their records and a refusal each. Streams: id tables (24 octets a place, and 2 for the
// list of free ones) and a message that is not yet whole. Servers: above all their histogram.
size_t Multiplexer::memory_max(const Options& options) {
  const size_t question = sizeof(Inquiry) + 8 + kRefusalSizeMax;
  const size_t streams = options.servers.size() * (options.connections + size_t{2});
  const size_t ids = 26 * size_t{std::bit_ceil(options.connection.ids_max)};
  const size_t stream = sizeof(Connection) + 2 + dns::kMessageSizeMax;
  const size_t apart = options.servers.size() * options.connections_apart;
  return options.questions_max * question + streams * (stream + ids) +
         apart * (stream + 26 * size_t{kCompanyMax}) + options.servers.size() * sizeof(Server);
}

// ---------------------------------------------------------------------------------------------------
// Questions taken and given up

void Multiplexer::open() {
  for (const auto& server : servers_) server->start();
}

bool Multiplexer::start(Forward& forward) {
  Inquiry* inquiry = draining_ ? nullptr : inquiries_.take(*this, forward);
  if (!inquiry) {
    statistics_.questions_refused.add();
    return false;
  }
  forward.forwarder_state = inquiry;
  last_question_us_ = time_.now_us();
  statistics_.questions.add();
  statistics_.questions_in_flight.add();
  ask_or_wait(*inquiry);
  return true;
}

void Multiplexer::cancel(Forward& forward) {
  if (!forward.forwarder_state) return;
  release(*static_cast<Inquiry*>(forward.forwarder_state));
  forward.forwarder_state = nullptr;
  statistics_.cancelled.add();
}

// ---------------------------------------------------------------------------------------------------
// Answers

void Multiplexer::on_answer(Attempt& attempt, Bytes message, const dns::AnswerView& view) {
  Inquiry& inquiry = *attempt.inquiry;
  if (is_refusal(view)) return on_refusal(inquiry, attempt.server, message, view);
  finish(inquiry, ForwardResult::Answered, message, view);
}

// Another server is asked once. The first refusal is kept: it is the answer when nobody has a
// better.
void Multiplexer::on_refusal(Inquiry& inquiry, size_t server, Bytes message,
                             const dns::AnswerView& view) {
  const bool usable = view.fault == dns::AnswerFault::None;
  if (usable && is_final_refusal(view)) {
    return finish(inquiry, ForwardResult::Answered, message, view);
  }
  const bool first = inquiry.refused == 0;
  inquiry.refused |= ServerSet{1} << server;
  const bool asked_again =
      first && ask_again(inquiry, statistics_.asked_again_refused) == Outcome::Asked;
  if (!asked_again && !inquiry.under_way() && inquiry.refusal.empty() && usable) {
    return finish(inquiry, ForwardResult::Answered, message, view);
  }
  if (inquiry.refusal.empty() && usable && message.size() <= kRefusalSizeMax) {
    inquiry.refusal.assign(message.begin(), message.end());
  }
  if (!inquiry.under_way()) give_up(inquiry);
}

void Multiplexer::on_mismatch(Attempt& attempt) {
  Inquiry& inquiry = *attempt.inquiry;
  go_on_without(inquiry, ask_again(inquiry, statistics_.asked_again_mismatched));
}

// The first loss is nobody's fault: the question is asked at once where there is room.
void Multiplexer::on_lost(Attempt& attempt, const Loss& loss) {
  Inquiry& inquiry = *attempt.inquiry;
  if (loss.together > 1 || loss.in_order) inquiry.forgive(attempt);
  const bool asked_since = &attempt != inquiry.newest && inquiry.newest->under_way();
  if (inquiry.apart() && (asked_since || inquiry.linked())) return;
  if (inquiry.losses++ == 0) {
    return go_on_without(inquiry, ask_again(inquiry, statistics_.asked_again_lost));
  }
  stop_waiting(inquiry);
  inquiry.keep_apart(loss.together);
  ask_apart(inquiry, statistics_.asked_again_lost);
}

// An attempt is over without an answer; `outcome` is what came of asking again.
void Multiplexer::go_on_without(Inquiry& inquiry, Outcome outcome) {
  if (outcome == Outcome::Asked || inquiry.under_way()) return;
  const bool may_wait = outcome == Outcome::NoRoom && inquiry.refusal.empty();
  if (!may_wait || used_up(inquiry)) return give_up(inquiry);
  stop_waiting(inquiry);
  wait(inquiry.apart() ? apart_ : waiting_, inquiry, Place::First);
  arm_deadline(inquiry);
}

// ---------------------------------------------------------------------------------------------------
// Endings

// Nothing is under way any more and nobody is left to ask.
void Multiplexer::give_up(Inquiry& inquiry) {
  if (!inquiry.refusal.empty()) return finish_with_refusal(inquiry);
  const bool never_asked = inquiry.asked == 0;
  finish(inquiry, never_asked ? ForwardResult::NoUpstream : ForwardResult::NetworkFailed);
}

void Multiplexer::finish_with_refusal(Inquiry& inquiry) {
  const std::vector<uint8_t> message = std::move(inquiry.refusal);
  const dns::QuestionKey& key = *inquiry.forward.key;
  const dns::AnswerView view = dns::view_answer(message, {key.name(), key.type(), key.klass()});
  finish(inquiry, ForwardResult::Answered, message, view);
}

void Multiplexer::finish(Inquiry& inquiry, ForwardResult result) {
  finish(inquiry, result, {}, dns::AnswerView{});
}

// The record is given back first: on_done may start the next question.
void Multiplexer::finish(Inquiry& inquiry, ForwardResult result, Bytes message,
                         const dns::AnswerView& view) {
  Forward& forward = inquiry.forward;
  release(inquiry);
  forward.forwarder_state = nullptr;
  count(result);
  forward.on_done(forward, result, message, view);
}

// It waits for nothing before its streams are told: one of them may end by that, and whoever waits
// is asked then.
void Multiplexer::release(Inquiry& inquiry) {
  stop_waiting(inquiry);
  for (Attempt& attempt : inquiry.attempts) {
    if (attempt.under_way()) attempt.connection->abandon(attempt);
  }
  inquiries_.give_back(&inquiry);
  statistics_.questions_in_flight.subtract();
  if (!waiting_.empty()) serve_waiting();
  if (!apart_.empty()) serve_apart();
  if (draining_ && inquiries_.used() == 0) {
    for (const auto& server : servers_) server->drain();
  }
}

void Multiplexer::count(ForwardResult result) {
  switch (result) {
    case ForwardResult::Answered:
      return statistics_.answered.add();
    case ForwardResult::TimedOut:
      return statistics_.timed_out.add();
    case ForwardResult::NoUpstream:
      return statistics_.no_upstream.add();
    case ForwardResult::NetworkFailed:
      return statistics_.network_failed.add();
    case ForwardResult::Cancelled:
      return statistics_.cancelled.add();
  }
}

// When no server works, those that wait for a stream wait in vain.
void Multiplexer::on_failing() {
  if (!all_failing()) return;
  if (in_a_hurry()) {
    for (const auto& server : servers_) server->hasten();
  }
  if (may_be_back()) return;
  while (Inquiry* inquiry = waiting_.front()) {
    stop_waiting(*inquiry);
    give_up(*inquiry);
  }
  List<Inquiry> apart;
  apart.splice_back(apart_);
  while (Inquiry* inquiry = apart.front()) {
    const bool listening = inquiry->under_way();
    listening ? inquiry->unlink() : stop_waiting(*inquiry);
    listening ? apart_.push_back(*inquiry) : give_up(*inquiry);
  }
}

// ---------------------------------------------------------------------------------------------------
// The end

void Multiplexer::drain() {
  draining_ = true;
  if (inquiries_.used() > 0) return;
  for (const auto& server : servers_) server->drain();
}

void Multiplexer::abort() {
  draining_ = true;
  for (uint32_t i = 0; i < inquiries_.capacity(); ++i) {
    if (inquiries_.in_use(i)) finish(*inquiries_.at(i), ForwardResult::Cancelled);
  }
  for (const auto& server : servers_) server->abort();
}

bool Multiplexer::closed() const {
  return std::all_of(servers_.begin(), servers_.end(),
                     [](const auto& server) { return server->closed(); });
}

}  // namespace dotring::upstream
