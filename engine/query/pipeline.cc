#include "engine/query/pipeline.h"

#include <cassert>
#include <utility>

#include "engine/query/question_rules.h"

namespace dotring::query {
namespace {

uint8_t key_bits(const dns::QueryView& query) {
  using Key = dns::QuestionKey;
  return static_cast<uint8_t>((query.edns.dnssec_ok ? Key::kDo : 0) |
                              (query.header.has(dns::kFlagCd) ? Key::kCd : 0) |
                              (query.header.has(dns::kFlagRd) ? Key::kRd : 0));
}

}  // namespace

Pipeline::Pipeline(const Options& options, AnswerStore& store, Forwarder& forwarder,
                   TimerWheel& timers, const TurnClock& clock, const HashKey& hash_key)
    : options_(options),
      store_(store),
      clock_(clock),
      hash_key_(hash_key),
      local_names_(options.local_names),
      sender_(options.reply, statistics_),
      resolver_(options.resolver, store, forwarder, timers, clock, sender_, statistics_) {
  assert(options.reply.udp_size_max >= dns::kUdpSizeWithoutEdns);
}

// Two trips to memory, one after the other: by the time of the second, the first is over.
void Pipeline::expect(Bytes message) {
  const dns::QueryView view = dns::view_query(message);
  if (view.verdict != dns::QueryVerdict::Accept) return;
  const dns::QuestionKey key(view.question, key_bits(view), hash_key_);
  store_.prefetch_place(key.hash());
  store_.prefetch_answer(std::exchange(expected_[oldest_expected_], key.hash()));
  oldest_expected_ = (oldest_expected_ + 1) % expected_.size();
}

void Pipeline::handle(ReplyPort& port, const ClientQuery& query) {
  statistics_.queries[static_cast<size_t>(query.transport)].add();
  const dns::QueryView view = dns::view_query(query.message);
  if (guard_) return handle_guarded(port, query, view);
  serve({port, query.reply_to, query.transport, view});
}

// The guard has the first word, also on what is malformed: it too is answered.
void Pipeline::handle_guarded(ReplyPort& port, const ClientQuery& query,
                              const dns::QueryView& view) {
  const bool udp = query.transport == Transport::Udp;
  const protect::Guard::Judgement judgement =
      guard_->judge({query.client.address, udp, view.edns.cookie});
  Recipient to{port, query.reply_to, query.transport, view};
  if (judgement.cookie) to.cookie = *judgement.cookie;
  if (judgement.action != protect::Action::Serve) [[unlikely]]
    return turn_away(to, judgement.action);
  serve(to);
}

void Pipeline::turn_away(const Recipient& to, protect::Action action) {
  if (to.query.verdict == dns::QueryVerdict::Drop) return on_not_accepted(to);
  const ExtendedError prohibited{dns::extended_error::kProhibited};
  if (action == protect::Action::Drop) {
    return sender_.drop(to.port, to.reply_to, DropReason::TurnedAway);
  }
  statistics_.rejected.add();
  if (action == protect::Action::Truncate) {
    sender_.send_truncated(to, dns::rcode::kNoError);
  } else if (action == protect::Action::BadCookie) {
    sender_.send_error(to, dns::rcode::kBadCookie);
  } else {
    sender_.send_error(to, dns::rcode::kRefused, prohibited);
  }
}

void Pipeline::serve(const Recipient& to) {
  const dns::QueryView& view = to.query;
  if (view.verdict != dns::QueryVerdict::Accept) [[unlikely]]
    return on_not_accepted(to);
  const dns::QuestionKey key(view.question, key_bits(view), hash_key_);
  MutableBytes room = sender_.reserve(to);
  const Found found = find(to, key, room);
  if (room.empty()) [[unlikely]]
    return sender_.drop(to.port, to.reply_to, DropReason::ClientGone);
  switch (found.freshness) {
    case Freshness::Fresh:
      return on_fresh(to, key, room, found);
    case Freshness::Missing:
      return on_missing(to, key);
    case Freshness::Stale:
      return on_stale(to, key, room, found);
    case Freshness::Failing:
      return on_failing(to, found);
  }
}

// Few answers need the largest room: the store is asked again for those. `room` is empty afterwards
// when the client is gone.
Found Pipeline::find(const Recipient& to, const dns::QuestionKey& key, MutableBytes& room) {
  bool refresh_due = false;
  for (;;) {
    if (room.empty()) [[unlikely]]
      return {};
    const size_t size_max = sender_.message_size_max(to, room);
    Found found = store_.find(key, clock_.now_s(), room.first(size_max));
    // Told to one caller only, which may have been the first time here.
    found.refresh_due = refresh_due = refresh_due || found.refresh_due;
    if (!found.too_large || !sender_.reserve_larger(to, room)) [[likely]]
      return found;
  }
}

void Pipeline::on_not_accepted(const Recipient& to) {
  switch (to.query.verdict) {
    case dns::QueryVerdict::FormErr:
      return reject(to, dns::rcode::kFormErr);
    case dns::QueryVerdict::NotImp:
      return reject(to, dns::rcode::kNotImp);
    case dns::QueryVerdict::BadVers:
      return reject(to, dns::rcode::kBadVers);
    case dns::QueryVerdict::Drop:
    case dns::QueryVerdict::Accept:
      return sender_.drop(to.port, to.reply_to, DropReason::Unanswerable);
  }
}

void Pipeline::reject(const Recipient& to, uint16_t rcode) {
  statistics_.rejected.add();
  sender_.send_error(to, rcode);
}

void Pipeline::send_found(const Recipient& to, MutableBytes room, const Found& found,
                          std::optional<ExtendedError> error) {
  if (found.too_large) [[unlikely]] {
    return sender_.send_truncated(to, found.flags & dns::kRcodeMask);
  }
  sender_.send_in_place(to, room, found.size, error);
}

void Pipeline::on_fresh(const Recipient& to, const dns::QuestionKey& key, MutableBytes room,
                        const Found& found) {
  statistics_.hits.add();
  send_found(to, room, found, std::nullopt);
  if (found.refresh_due) [[unlikely]]
    resolver_.refresh(key);
}

// The upstream is asked first, unless it was asked lately and failed, or is being waited for too
// long already (RFC 8767, 5). The answer in `room` stays there: waiting does not touch the port.
void Pipeline::on_stale(const Recipient& to, const dns::QuestionKey& key, MutableBytes room,
                        const Found& found) {
  const bool asked = found.refresh_due || resolver_.in_flight(key);
  if (asked && !resolver_.slow(key)) {
    const Asker asker(to.port, to.reply_to, to.transport, to.query, to.cookie);
    if (resolver_.wait(key, asker, true)) return;
  }
  statistics_.stale_at_once.add();
  send_found(to, room, found, stale_error(found.flags));
}

// What the upstream said: a name that is refused is not one that cannot be resolved. The extended
// error is SERVFAIL's alone (RFC 8914, 4.14).
void Pipeline::on_failing(const Recipient& to, const Found& found) {
  statistics_.failing.add();
  const uint16_t rcode = found.flags & dns::kRcodeMask;
  std::optional<ExtendedError> error;
  if (rcode == dns::rcode::kServFail) error = ExtendedError{dns::extended_error::kCachedError};
  sender_.send_error(to, rcode, error);
}

void Pipeline::on_missing(const Recipient& to, const dns::QuestionKey& key) {
  std::array<uint8_t, dns::kUdpSizeWithoutEdns> room;
  if (const size_t size = local_names_.answer(key, room)) {
    statistics_.local.add();
    return sender_.send_message(to, Bytes(room).first(size), dns::kFlagAa);
  }
  switch (rule_of(key)) {
    case QuestionRule::Forward:
      return forward(to, key);
    case QuestionRule::FormErr:
      return reject(to, dns::rcode::kFormErr);
    case QuestionRule::NotImp:
      return reject(to, dns::rcode::kNotImp);
    case QuestionRule::Refuse:
      return reject(to, dns::rcode::kRefused);
    case QuestionRule::MinimalAny:
      statistics_.local.add();
      return sender_.send_minimal_any(to, options_.minimal_any_ttl_s);
  }
}

void Pipeline::forward(const Recipient& to, const dns::QuestionKey& key) {
  const Asker asker(to.port, to.reply_to, to.transport, to.query, to.cookie);
  if (!resolver_.wait(key, asker, false)) shed(to);
}

void Pipeline::shed(const Recipient& to) {
  statistics_.shed.add();
  switch (options_.over_limit) {
    case OverLimit::ServFail:
      return sender_.send_error(to, dns::rcode::kServFail,
                                ExtendedError{dns::extended_error::kOther, "over the limit"});
    case OverLimit::Refuse:
      return sender_.send_error(to, dns::rcode::kRefused,
                                ExtendedError{dns::extended_error::kOther, "over the limit"});
    case OverLimit::Drop:
      return sender_.drop(to.port, to.reply_to, DropReason::OverLimit);
  }
}

}  // namespace dotring::query
