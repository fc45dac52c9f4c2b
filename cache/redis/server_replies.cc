// The server: replies in, and commands that get none.

#include "cache/redis/server.h"

namespace dotring::cache::redis {

void Server::on_reply(const Reply& reply) {
  if (reply.is(ReplyType::Push)) return;  // no answer to a command
  if (pending_.empty()) return link_.end(LinkEnd::Garbage, "a reply to no command");
  const Pending pending = pending_.pop();
  context_.statistics.pending.subtract();
  ++replies_;
  last_active_us_ = context_.now_us();
  const uint64_t round_trip_us = context_.now_us() - pending.sent_us;
  context_.statistics.round_trip_us.add(round_trip_us);
  if (reply.is(ReplyType::Error)) {
    context_.statistics.errors[static_cast<size_t>(kind_of(reply.text()))].add();
  }
  switch (pending.kind) {
    case Kind::Get:
      take_get(pending, reply);
      break;
    case Kind::Set:
    case Kind::SetProbe:
      take_set(pending, reply);
      break;
    case Kind::Ping:
      return take_ping(reply, round_trip_us);
    case Kind::Role:
      return take_role(reply);
    case Kind::Control:
      return handler_.on_control(*this, &reply);
    case Kind::Publish:
    case Kind::Asking:
      break;
  }
  measure(round_trip_us);
}

void Server::measure(uint64_t round_trip_us) {
  if (!reads_.closed()) return;
  pace_.add(round_trip_us);
  if (pace_.slow())
    stop_reads(Cause::Slow, "replies after " + std::to_string(pace_.smoothed_us() / 1000) + " ms");
}

void Server::take_get(const Pending& pending, const Reply& reply) {
  if (!pending.get) context_.statistics.late.add();
  if (reply.is(ReplyType::Error)) {
    take_get_error(pending, reply);
  } else if (pending.get) {
    const bool found = reply.is(ReplyType::Text);
    (found ? context_.statistics.hits : context_.statistics.misses).add();
    pending.get->on_done(*pending.get, found ? GetResult::Found : GetResult::Missing,
                         reply.bytes());
  }
  keys_.release(pending.key);
}

void Server::take_get_error(const Pending& pending, const Reply& reply) {
  const std::string_view error = reply.text();
  const ErrorKind kind = kind_of(error);
  judge_read_error(error, kind);
  if (!pending.get) return;
  const auto redirection = parse_redirection(error, address_.endpoint);
  if (redirection && pending.key.end != 0) {
    const Bytes key = keys_.at(pending.key);
    if (handler_.ask_again(*pending.get, key, *redirection, pending.redirects)) return;
  }
  lose(pending);
}

void Server::judge_read_error(std::string_view error, ErrorKind kind) {
  const std::string detail(error);
  switch (kind) {
    case ErrorKind::Loading:
      return stop_reads(Cause::Loading, detail);
    case ErrorKind::Refused:
      return stop_reads(Cause::Refused, detail);
    case ErrorKind::Cluster:
    case ErrorKind::Moved:
      return handler_.on_cluster_error(*this, error);
    default:
      return;
  }
}

void Server::take_set(const Pending& pending, const Reply& reply) {
  if (reply.is(ReplyType::Error)) {
    context_.statistics.sets_failed.add();
    if (pending.kind == Kind::SetProbe) stop_writes(writes_.cause(), reply.text());
    return take_set_error(reply.text());
  }
  if (!writes_.closed() && pending.kind == Kind::SetProbe) {
    writes_.pass(context_.now_ms());
    show();
    context_.tell(Event::Kind::WritesResumed, address_, "");
  }
}

void Server::take_set_error(std::string_view error) {
  const ErrorKind kind = kind_of(error);
  switch (kind) {
    case ErrorKind::Full:
      stop_writes(Cause::Full, error);
      break;
    case ErrorKind::Refused:
      stop_writes(Cause::Refused, error);
      break;
    case ErrorKind::ReadOnly:
      stop_writes(Cause::ReadOnly, error);
      return handler_.on_read_only(*this);
    default:
      judge_read_error(error, kind);
  }
}

void Server::take_ping(const Reply& reply, uint64_t round_trip_us) {
  const bool probing = reads_.state() == Gate::State::Probing;
  if (reply.is(ReplyType::Error)) {
    const ErrorKind kind = kind_of(reply.text());
    const Cause cause = kind == ErrorKind::Refused ? Cause::Refused : Cause::Loading;
    return stop_reads(cause, std::string(reply.text()));
  }
  if (!probing) return measure(round_trip_us);
  if (round_trip_us < context_.options.breaker.slow_us) return pass_reads();
  stop_reads(Cause::Slow, "an answer after " + std::to_string(round_trip_us / 1000) + " ms");
}

void Server::take_role(const Reply& reply) {
  const bool master = reply.size() > 0 && reply[0].text() == "master";
  if (!master) link_.end(LinkEnd::Refused, "is no master");
}

void Server::lose(const Pending& pending) {
  if (pending.get) {
    context_.statistics.failures.add();
    pending.get->on_done(*pending.get, GetResult::Failed, {});
  } else if (pending.kind == Kind::Set || pending.kind == Kind::SetProbe) {
    context_.statistics.sets_failed.add();
  } else if (pending.kind == Kind::Control) {
    handler_.on_control(*this, nullptr);
  }
}

// Not open any more: nothing new can get in between.
void Server::lose_all() {
  while (!pending_.empty()) {
    const Pending pending = pending_.pop();
    context_.statistics.pending.subtract();
    lose(pending);
  }
  keys_.clear();
}

}  // namespace dotring::cache::redis
