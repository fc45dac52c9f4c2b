#include "cache/redis/subscription.h"

#include <utility>

namespace dotring::cache::redis {

Subscription::Subscription(const Context& context, std::string channel, MessageHandler& handler,
                           Whereto whereto)
    : context_(context),
      channel_(std::move(channel)),
      handler_(handler),
      whereto_(std::move(whereto)),
      link_(context, context.options.target.credentials, 0, *this),
      backoff_(context.options.connection.reconnect) {
  retry_timer_.bind<&Subscription::connect>(this);
  watch_timer_.bind<&Subscription::watch>(this);
}

void Subscription::start() {
  running_ = true;
  connect();
}

void Subscription::stop() {
  running_ = false;
  retry_timer_.cancel();
  link_.end(LinkEnd::Local, "stopped");
}

void Subscription::connect() {
  const std::optional<Address> address = whereto_();
  if (!address) return retry();
  link_.open(*address);
}

void Subscription::retry() {
  missed_ = true;
  context_.arm_in(retry_timer_, backoff_.failed(context_.random));
}

void Subscription::on_link_open() {
  link_.write(Command("SUBSCRIBE", channel_), SIZE_MAX);
  last_reply_us_ = context_.now_us();
  pinged_ = false;
  context_.arm_in(watch_timer_, context_.options.connection.response_timeout_ms);
}

void Subscription::on_reply(const Reply& reply) {
  last_reply_us_ = context_.now_us();
  pinged_ = false;
  if (reply.is(ReplyType::Error)) return refused(std::string(reply.text()));
  if (reply.size() != 3) return;  // an answer to PING
  const std::string_view kind = reply[0].text();
  if (kind == "subscribe") return subscribed();
  if (kind != "message" || reply[1].text() != channel_) return;
  context_.statistics.messages.add();
  handler_.on_message(reply[2].bytes());
}

// Of credentials that are refused the server tells, which has the same.
void Subscription::refused(const std::string& error) {
  context_.tell(Event::Kind::Refused, link_.address(), "SUBSCRIBE: " + error);
  link_.end(LinkEnd::Refused, error);
}

void Subscription::subscribed() {
  backoff_.succeeded();
  context_.statistics.subscriptions.add();
  if (!std::exchange(missed_, false)) return;
  context_.statistics.gaps.add();
  handler_.on_gap();
}

// A link that ended without a word says nothing for ever: a PING makes it speak or end.
void Subscription::watch() {
  const ConnectionOptions& limits = context_.options.connection;
  const uint64_t silent_ms = (context_.now_us() - last_reply_us_) / 1000;
  const uint64_t limit_ms = limits.ping_every_ms + limits.response_timeout_ms;
  if (silent_ms >= limit_ms) {
    context_.statistics.timeouts.add();
    return link_.end(LinkEnd::Lost, "no replies");
  }
  if (silent_ms >= limits.ping_every_ms && !pinged_) {
    pinged_ = link_.write(Command("PING"), SIZE_MAX);
  }
  const uint64_t next_ms = silent_ms < limits.ping_every_ms ? limits.ping_every_ms : limit_ms;
  context_.arm_in(watch_timer_, next_ms - silent_ms);
}

void Subscription::on_link_ended(LinkEnd, const std::string&) {
  watch_timer_.cancel();
  if (running_) retry();
}

}  // namespace dotring::cache::redis
