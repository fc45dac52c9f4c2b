#include "cache/redis/sentinel_watch.h"

#include <charconv>

namespace dotring::cache::redis {
namespace {

constexpr std::string_view kSwitchChannel = "+switch-master";

/// The word at `index` of words with one space between them.
std::string_view word_of(std::string_view text, int index) {
  for (; index > 0; --index) {
    const size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    text = text.substr(space + 1);
  }
  return text.substr(0, text.find(' '));
}

std::optional<Endpoint> endpoint_of(std::string_view host, std::string_view port) {
  const auto address = IpAddress::parse(host);
  uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == port.data() + port.size();
  if (!address || !whole || number == 0) return std::nullopt;
  return Endpoint{*address, number};
}

}  // namespace

SentinelWatch::SentinelWatch(const Context& context, MasterHandler& handler)
    : context_(context),
      handler_(handler),
      link_(context, context.options.target.sentinel_credentials, 0, *this),
      backoff_(context.options.sentinel.ask) {
  ask_timer_.bind<&SentinelWatch::ask>(this);
  answer_timer_.bind<&SentinelWatch::on_timeout>(this);
}

void SentinelWatch::start() {
  running_ = true;
  ask();
}

void SentinelWatch::stop() {
  running_ = false;
  ask_timer_.cancel();
  link_.end(LinkEnd::Local, "stopped");
}

void SentinelWatch::ask_soon() {
  if (!running_ || ask_timer_.armed() || answer_timer_.armed()) return;
  context_.arm_in(ask_timer_, backoff_.failed(context_.random));
}

// Only a sentinel whose link lasts has nothing more to be asked.
void SentinelWatch::settled() {
  backoff_.succeeded();
  if (answered_) ask_timer_.cancel();
}

// Another sentinel each time: one alone may be cut off from the others and know no better.
void SentinelWatch::ask() {
  link_.end(LinkEnd::Local, "asking another");
  const auto& sentinels = context_.options.target.addresses;
  answered_ = false;
  context_.arm_in(answer_timer_, context_.options.sentinel.answer_timeout_ms);
  link_.open(sentinels[next_]);
  next_ = (next_ + 1) % sentinels.size();
}

void SentinelWatch::on_link_open() {
  const std::string& name = context_.options.target.master_name;
  link_.write(Command("SENTINEL", "get-master-addr-by-name", name), SIZE_MAX);
}

void SentinelWatch::on_reply(const Reply& reply) {
  if (answered_) {
    take_message(reply);
  } else {
    take_answer(reply);
  }
}

void SentinelWatch::take_answer(const Reply& reply) {
  if (reply.is(ReplyType::Error)) return link_.end(LinkEnd::Refused, std::string(reply.text()));
  if (reply.size() != 2) {
    return link_.end(LinkEnd::Refused, "knows no master " + context_.options.target.master_name);
  }
  answered_ = true;
  in_vain_ = 0;
  answer_timer_.cancel();
  link_.write(Command("SUBSCRIBE", kSwitchChannel), SIZE_MAX);
  take_master(reply[0].text(), reply[1].text());
}

// "name old-host old-port new-host new-port"
void SentinelWatch::take_message(const Reply& reply) {
  if (reply.is(ReplyType::Error)) return refuse("SUBSCRIBE: " + std::string(reply.text()));
  if (reply.size() != 3 || reply[0].text() != "message") return;
  const std::string_view text = reply[2].text();
  if (word_of(text, 0) != context_.options.target.master_name) return;
  take_master(word_of(text, 3), word_of(text, 4));
}

void SentinelWatch::take_master(std::string_view host, std::string_view port) {
  if (const auto master = endpoint_of(host, port)) return handler_.on_master(*master);
  refuse("names as master '" + std::string(host) + "', which is no address");
  ask_soon();
}

void SentinelWatch::refuse(const std::string& detail) {
  const auto& sentinels = context_.options.target.addresses;
  const size_t asked = (next_ + sentinels.size() - 1) % sentinels.size();
  context_.tell(Event::Kind::Refused, sentinels[asked], detail);
}

void SentinelWatch::on_timeout() {
  context_.statistics.timeouts.add();
  link_.end(LinkEnd::Failed, "no answer in time");
}

void SentinelWatch::on_link_ended(LinkEnd end, const std::string& detail) {
  if (end == LinkEnd::Refused) refuse(detail);
  answer_timer_.cancel();
  answered_ = false;
  if (!running_ || end == LinkEnd::Local || ask_timer_.armed()) return;
  const bool round_over = ++in_vain_ >= context_.options.target.addresses.size();
  if (round_over) in_vain_ = 0;
  context_.arm_in(ask_timer_, round_over ? backoff_.failed(context_.random) : 1);
}

}  // namespace dotring::cache::redis
