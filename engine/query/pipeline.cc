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
                   TimerWheel& timers, const TurnClock& clock, const HashKey& hash_key,
                   Statistics& statistics)
    : options_(options),
      store_(store),
      clock_(clock),
      hash_key_(hash_key),
      local_names_(options.local_names),
      statistics_(statistics),
      sender_(options.reply, clock, statistics_),
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
  Recipient to{.port = port,
               .reply_to = query.reply_to,
               .transport = query.transport,
               .client = query.client,
               .query = view,
               .received_us = clock_.now_us,
               .message = query.message};
  if (guard_) return handle_guarded(to, query.listener);
  serve(to);
}

// The guard has the first word, also on what is malformed: it too is answered.
void Pipeline::handle_guarded(Recipient& to, uint16_t listener) {
  const bool udp = to.transport == Transport::Udp;
  const protect::Guard::Judgement judgement =
      guard_->judge({to.client.address, udp, to.query.edns.cookie, listener});
  if (judgement.cookie) to.cookie = *judgement.cookie;
  to.proven = judgement.proven;
  if (judgement.action != protect::Action::Serve) [[unlikely]]
    return turn_away(to, judgement);
  serve(to);
}

void Pipeline::turn_away(const Recipient& to, const protect::Guard::Judgement& judgement) {
  const AnsweredFrom from = judgement.limited ? AnsweredFrom::Limited : AnsweredFrom::Refused;
  const protect::Action action = judgement.action;
  if (to.query.verdict == dns::QueryVerdict::Drop) return on_not_accepted(to);
  const ExtendedError prohibited{dns::extended_error::kProhibited};
  if (action == protect::Action::Drop) {
    return sender_.drop(to, from, DropReason::TurnedAway);
  }
  statistics_.rejected.add();
  if (action == protect::Action::Truncate) {
    sender_.send_truncated(to, from, dns::rcode::kNoError);
  } else if (action == protect::Action::BadCookie) {
    sender_.send_error(to, from, dns::rcode::kBadCookie);
  } else {
    sender_.send_error(to, from, dns::rcode::kRefused, prohibited);
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
    return sender_.drop(to, AnsweredFrom::Nothing, DropReason::ClientGone);
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
  if (room.empty()) [[unlikely]]
    return {};
  const Found found =
      store_.find(key, clock_.now_s(), room.first(sender_.message_size_max(to, room)));
  if (!found.too_large || !sender_.reserve_larger(to, room)) [[likely]]
    return found;
  return find_again(to, key, room, found.refresh_due);
}

Found Pipeline::find_again(const Recipient& to, const dns::QuestionKey& key, MutableBytes room,
                           bool refresh_due) {
  if (room.empty()) return {};
  Found found =
      store_.find_again(key, clock_.now_s(), room.first(sender_.message_size_max(to, room)));
  found.refresh_due = refresh_due;
  return found;
}

void Pipeline::on_not_accepted(const Recipient& to) {
  switch (to.query.verdict) {
    case dns::QueryVerdict::FormErr:
      return reject(to, AnsweredFrom::Malformed, dns::rcode::kFormErr);
    case dns::QueryVerdict::NotImp:
      return reject(to, AnsweredFrom::Malformed, dns::rcode::kNotImp);
    case dns::QueryVerdict::BadVers:
      return reject(to, AnsweredFrom::Malformed, dns::rcode::kBadVers);
    case dns::QueryVerdict::Drop:
    case dns::QueryVerdict::Accept:
      return sender_.drop(to, AnsweredFrom::Malformed, DropReason::Unanswerable);
  }
}

void Pipeline::reject(const Recipient& to, AnsweredFrom from, uint16_t rcode) {
  statistics_.rejected.add();
  sender_.send_error(to, from, rcode);
}

void Pipeline::send_found(const Recipient& to, AnsweredFrom from, MutableBytes room,
                          const Found& found, std::optional<ExtendedError> error) {
  if (found.too_large) [[unlikely]] {
    return sender_.send_truncated(to, from, found.flags & dns::kRcodeMask);
  }
  sender_.send_in_place(to, from, room, found.size, error);
}

void Pipeline::on_fresh(const Recipient& to, const dns::QuestionKey& key, MutableBytes room,
                        const Found& found) {
  statistics_.hits.add();
  send_found(to, AnsweredFrom::Memory, room, found, upstream_error(found.extended_error));
  if (found.refresh_due) [[unlikely]]
    resolver_.refresh(key);
}

// The upstream is asked first, unless it was asked lately and failed, or is being waited for too
// long already (RFC 8767, 5). The answer in `room` stays there: waiting does not touch the port.
void Pipeline::on_stale(const Recipient& to, const dns::QuestionKey& key, MutableBytes room,
                        const Found& found) {
  const bool asked = found.refresh_due || resolver_.in_flight(key);
  if (asked && !resolver_.slow(key)) {
    if (resolver_.wait(key, Asker(to), true)) return;
  }
  statistics_.stale_at_once.add();
  send_found(to, AnsweredFrom::Stale, room, found, stale_error(found.flags));
}

// What the upstream said: a name that is refused is not one that cannot be resolved. Of SERVFAIL,
// where it said no more, that it is cached (RFC 8914, 4.14).
void Pipeline::on_failing(const Recipient& to, const Found& found) {
  statistics_.failing.add();
  const uint16_t rcode = found.flags & dns::kRcodeMask;
  std::optional<ExtendedError> error = upstream_error(found.extended_error);
  if (!error && rcode == dns::rcode::kServFail)
    error = ExtendedError{dns::extended_error::kCachedError};
  sender_.send_error(to, AnsweredFrom::Memory, rcode, error);
}

void Pipeline::on_missing(const Recipient& to, const dns::QuestionKey& key) {
  std::array<uint8_t, dns::kUdpSizeWithoutEdns> room;
  if (const size_t size = local_names_.answer(key, room)) {
    statistics_.local.add();
    return sender_.send_message(to, AnsweredFrom::Local, Bytes(room).first(size), dns::kFlagAa);
  }
  switch (rule_of(key)) {
    case QuestionRule::Forward:
      return forward(to, key);
    case QuestionRule::FormErr:
      return reject(to, AnsweredFrom::Malformed, dns::rcode::kFormErr);
    case QuestionRule::NotImp:
      return reject(to, AnsweredFrom::Refused, dns::rcode::kNotImp);
    case QuestionRule::Refuse:
      return reject(to, AnsweredFrom::Refused, dns::rcode::kRefused);
    case QuestionRule::MinimalAny:
      statistics_.local.add();
      return sender_.send_minimal_any(to, options_.minimal_any_ttl_s);
  }
}

void Pipeline::forward(const Recipient& to, const dns::QuestionKey& key) {
  if (!resolver_.wait(key, Asker(to), false)) shed(to);
}

void Pipeline::shed(const Recipient& to) {
  statistics_.shed.add();
  switch (options_.over_limit) {
    case OverLimit::ServFail:
      return sender_.send_error(to, AnsweredFrom::Shed, dns::rcode::kServFail,
                                ExtendedError{dns::extended_error::kOther, "over the limit"});
    case OverLimit::Refuse:
      return sender_.send_error(to, AnsweredFrom::Shed, dns::rcode::kRefused,
                                ExtendedError{dns::extended_error::kOther, "over the limit"});
    case OverLimit::Drop:
      return sender_.drop(to, AnsweredFrom::Shed, DropReason::OverLimit);
  }
}

}  // namespace dotring::query
