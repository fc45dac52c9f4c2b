// The server: its life, its breaker, commands out. Replies are in server_replies.cc.

#include "cache/redis/server.h"

#include <utility>

namespace dotring::cache::redis {
namespace {

Pending pending_of(Pending::Kind kind) {
  Pending pending;
  pending.kind = kind;
  return pending;
}

}  // namespace

Server::Server(const Context& context, const Traits& traits, ServerHandler& handler)
    : context_(context),
      traits_(traits),
      handler_(handler),
      link_(context, context.options.target.credentials, traits.database, *this),
      pending_(context.options.connection.pending_max),
      keys_(traits.key_room),
      reads_(context.options.breaker.probe, Cause::Gone),
      writes_(context.options.breaker.probe, Cause::None),
      pace_(context.options.breaker),
      reconnect_backoff_(context.options.connection.reconnect) {
  reconnect_timer_.bind<&Server::connect>(this);
  probe_timer_.bind<&Server::probe>(this);
  watch_timer_.bind<&Server::watch>(this);
}

Server::~Server() {
  assert(!active());
}

// ---------------------------------------------------------------------------------------------------
// Life

void Server::start(const Address& address) {
  if (running_) stop();
  running_ = true;
  address_ = address;
  last_used_us_ = context_.now_us();
  connected_before_ = told_down_ = false;
  reconnect_backoff_.succeeded();
  writes_.pass(context_.now_ms());
  writes_.retry_now(context_.now_ms());
  context_.statistics.servers.add();
  connect();
}

void Server::stop() {
  if (!running_) return;
  running_ = false;
  context_.statistics.servers.subtract();
  reconnect_timer_.cancel();
  link_.end(LinkEnd::Local, "stopped");
  show();
}

void Server::connect() {
  if (connected_before_) context_.statistics.reconnects.add();
  connected_before_ = true;
  link_.open(address_);
}

// A server that is loading accepts us too: only the answer to PING says that it can be asked.
void Server::on_link_open() {
  replies_seen_ = UINT64_MAX;
  opened_us_ = context_.now_us();
  reads_.retry_now(context_.now_ms());
  writes_.retry_now(context_.now_ms());
  if (traits_.master_only) {
    send(Command("ROLE"), pending_of(Kind::Role));
  }
  probe();
}

void Server::on_link_ended(LinkEnd end, const std::string& detail) {
  watch_timer_.cancel();
  probe_timer_.cancel();
  stop_reads(end == LinkEnd::Refused ? Cause::Refused : Cause::Gone, detail);
  writes_.probe_lost(context_.now_ms());
  lose_all();
  const uint64_t opened_us = std::exchange(opened_us_, 0);
  if (!running_) return;
  const uint64_t open_us = opened_us == 0 ? 0 : context_.now_us() - opened_us;
  context_.arm_in(reconnect_timer_, reconnect_backoff_.failed(context_.random, open_us / 1000));
  handler_.on_lost(*this);
}

// ---------------------------------------------------------------------------------------------------
// Breaker

void Server::stop_reads(Cause cause, const std::string& detail) {
  const bool was_closed = reads_.stop(cause, context_.now_ms(), context_.random);
  context_.statistics.read_cause.set(static_cast<uint64_t>(cause));
  if (was_closed) context_.statistics.stops[static_cast<size_t>(cause)].add();
  if (running_ && (was_closed || !told_down_)) {
    told_down_ = true;
    context_.tell(Event::Kind::ServerDown, address_, detail);
  }
  pace_.forget();
  show();
  arm_probe();
  if (was_closed && running_) handler_.on_lost(*this);
}

void Server::pass_reads() {
  if (!reads_.pass(context_.now_ms())) return;
  told_down_ = false;
  pace_.forget();
  show();
  context_.tell(Event::Kind::ServerUp, address_, "");
  handler_.on_readable(*this);
}

void Server::stop_writes(Cause cause, std::string_view detail) {
  const bool was_closed = writes_.stop(cause, context_.now_ms(), context_.random);
  context_.statistics.write_cause.set(static_cast<uint64_t>(cause));
  if (!was_closed) return;
  context_.statistics.write_stops[static_cast<size_t>(cause)].add();
  context_.tell(Event::Kind::WritesStopped, address_, std::string(detail));
  show();
}

void Server::show() {
  Statistics& statistics = context_.statistics;
  if (readable() != shown_readable_) {
    shown_readable_ = !shown_readable_;
    shown_readable_ ? statistics.servers_readable.add() : statistics.servers_readable.subtract();
  }
  if (writable() != shown_writable_) {
    shown_writable_ = !shown_writable_;
    shown_writable_ ? statistics.servers_writable.add() : statistics.servers_writable.subtract();
  }
  const uint64_t servers = statistics.servers.value();
  if (servers > 0 && statistics.servers_readable.value() == servers) statistics.read_cause.set(0);
  if (statistics.servers_writable.value() == servers) statistics.write_cause.set(0);
}

void Server::arm_probe() {
  if (!link_.is_open() || reads_.state() != Gate::State::Open) return;
  context_.arm(probe_timer_, reads_.probe_at_ms());
}

void Server::probe() {
  if (!reads_.take_probe(context_.now_ms())) return arm_probe();
  context_.statistics.probes.add();
  const bool sent = send(Command("PING"), pending_of(Kind::Ping));
  if (!sent) stop_reads(reads_.cause(), "");
}

// The oldest command tells how long the server has been silent; without one, a PING is sent now and
// then, so that a link that ended without a word is noticed before it is needed.
void Server::watch() {
  const ConnectionOptions& limits = context_.options.connection;
  const uint64_t silent_ms = context_.options.breaker.silent_ms;
  if (pending_.empty()) {
    const uint64_t idle_ms = (context_.now_us() - last_active_us_) / 1000;
    if (idle_ms < limits.ping_every_ms) return arm_watch(limits.ping_every_ms - idle_ms);
    send(Command("PING"), pending_of(Kind::Ping));
    return arm_watch(silent_ms);
  }
  const uint64_t waited_ms = (context_.now_us() - pending_.front().sent_us) / 1000;
  if (waited_ms < silent_ms) return arm_watch(silent_ms - waited_ms);
  // Twice, with turns in between: perhaps we were held up, and what it said is not read yet.
  if (std::exchange(replies_seen_, replies_) != replies_) return arm_watch(silent_ms / 4);
  if (waited_ms >= limits.response_timeout_ms) {
    context_.statistics.timeouts.add();
    return link_.end(LinkEnd::Local, "no replies");
  }
  if (reads_.closed()) stop_reads(Cause::Silent, "no replies");
  arm_watch(limits.response_timeout_ms - waited_ms);
}

/// An earlier look stays.
void Server::arm_watch(uint64_t delay_ms) {
  const uint64_t due_ms = context_.now_ms() + std::max<uint64_t>(delay_ms, 1);
  if (watch_timer_.armed() && watch_timer_.due_ms() <= due_ms) return;
  context_.arm(watch_timer_, due_ms);
}

// ---------------------------------------------------------------------------------------------------
// Commands out

// GETs are why we are here: what only stores leaves them a quarter.
bool Server::has_room(uint32_t places, bool for_reads) const {
  const uint32_t capacity = pending_.capacity();
  return pending_.size() + places <= (for_reads ? capacity : capacity - capacity / 4);
}

size_t Server::queue_max(bool for_reads) const {
  const size_t most = context_.options.connection.write_queue_max;
  return for_reads ? most : most - most / 4;
}

bool Server::send(const Command& command, Pending pending) {
  const bool reads =
      pending.kind != Kind::Set && pending.kind != Kind::SetProbe && pending.kind != Kind::Publish;
  if (!has_room(1, reads)) return false;
  if (!link_.write(command, queue_max(reads))) return false;
  pending.sent_us = context_.now_us();
  if (pending_.empty()) {
    last_active_us_ = pending.sent_us;
    arm_watch(context_.options.breaker.silent_ms);
  }
  pending_.push(pending);
  context_.statistics.pending.add();
  return true;
}

bool Server::get(Get& get, Bytes key, bool asking, uint8_t redirects) {
  assert(!get.state && get.on_done);
  if (!readable() || !has_room(2, true)) return false;
  if (asking && !send(Command("ASKING"), pending_of(Kind::Asking))) return false;
  Pending pending = pending_of(Kind::Get);
  pending.redirects = redirects;
  pending.get = &get;
  if (traits_.key_room > 0) pending.key = keys_.push(key);
  if (!send(Command("GET", key), pending)) return false;
  last_used_us_ = context_.now_us();
  context_.statistics.gets.add();
  return true;
}

bool Server::set(Bytes key, Bytes value, uint64_t ttl_ms) {
  if (!readable() || ttl_ms == 0) return false;
  const bool probes = writes_.take_probe(context_.now_ms());
  if (!probes && !writes_.closed()) return false;
  const NumberWord ttl(ttl_ms);
  const bool sent = send(Command("SET", key, value, "PX", ttl.bytes()),
                         pending_of(probes ? Kind::SetProbe : Kind::Set));
  if (!sent && probes) writes_.probe_lost(context_.now_ms());
  if (!sent) return false;
  last_used_us_ = context_.now_us();
  context_.statistics.sets.add();
  return true;
}

bool Server::publish(std::string_view channel, Bytes message) {
  if (!readable()) return false;
  const bool sent = send(Command("PUBLISH", channel, message), pending_of(Kind::Publish));
  if (sent) context_.statistics.publishes.add();
  return sent;
}

bool Server::control(const Command& command) {
  return send(command, pending_of(Kind::Control));
}

// hiredis' reader apart, two buffers of the stream grow by doubling.
size_t Server::memory_max(const Options& options) {
  constexpr size_t kReceiveMax = 64 << 10;
  const ConnectionOptions& limits = options.connection;
  const size_t reader =
      ReplyReader::memory_max({limits.reply_size_max, limits.reply_elements_max}, kReceiveMax);
  const size_t pending = limits.pending_max * sizeof(Pending);
  return sizeof(Server) + reader + pending + 4 * limits.write_queue_max;
}

}  // namespace dotring::cache::redis
