#include "engine/query/reply_sender.h"

#include <algorithm>
#include <cassert>

namespace dotring::query {
namespace {

constexpr size_t kFlagsOffset = 2;
constexpr uint64_t kKeepaliveUnit_ms = 100;  // RFC 7828, 3.1

bool encrypted(Transport transport) {
  return transport == Transport::Tls || transport == Transport::Https;
}

// RFC 7828: for TCP and what runs on it; HTTP has its own means.
bool keepalive_understood(Transport transport) {
  return transport == Transport::Tcp || transport == Transport::Tls;
}

bool has_tc(Bytes message) {
  return (load_be16(message.data() + kFlagsOffset) & dns::kFlagTc) != 0;
}

void add_flags(MutableBytes message, uint16_t flags) {
  uint8_t* at = message.data() + kFlagsOffset;
  store_be16(at, static_cast<uint16_t>(load_be16(at) | flags));
}

}  // namespace

size_t ReplySender::size_max(const Recipient& to) const {
  if (to.transport != Transport::Udp) return dns::kMessageSizeMax;
  return std::min(to.query.edns.udp_size, options_.udp_size_max);
}

dns::OptFields ReplySender::opt_fields(const Recipient& to) const {
  dns::OptFields fields;
  fields.udp_size = options_.udp_size_max;
  fields.cookie = to.cookie;
  if (to.transport == Transport::Udp) [[likely]]
    return fields;
  if (to.query.edns.keepalive_100ms && keepalive_understood(to.transport)) {
    const uint64_t units = options_.keepalive_ms / kKeepaliveUnit_ms;
    fields.keepalive_100ms = static_cast<uint16_t>(std::min<uint64_t>(units, UINT16_MAX));
  }
  if (to.query.edns.padding && encrypted(to.transport)) {
    fields.pad_to_multiple = options_.padding_multiple;
  }
  return fields;
}

// The extended error is what a reply can do without where the room is short.
dns::OptFields ReplySender::opt_fields(const Recipient& to,
                                       const std::optional<ExtendedError>& error,
                                       size_t room) const {
  dns::OptFields fields = opt_fields(to);
  if (!error) return fields;
  fields.extended_error = error->info_code;
  fields.extended_error_text = bytes_of(error->text);
  if (dns::opt_size(fields) > room) fields.extended_error_text = {};
  if (dns::opt_size(fields) > room) fields.extended_error.reset();
  return fields;
}

size_t ReplySender::message_size_max(const Recipient& to, MutableBytes room) const {
  assert(room.size() >= dns::kUdpSizeWithoutEdns);
  return to.query.has_opt ? room.size() - dns::opt_size(opt_fields(to)) : room.size();
}

void ReplySender::finish(const Recipient& to, AnsweredFrom from, MutableBytes room, size_t size,
                         uint16_t flags, const std::optional<ExtendedError>& error) {
  const size_t reply_size =
      dns::finish_stored_reply(to.query, size, opt_fields(to, error, room.size() - size), room);
  assert(reply_size > 0);
  if (flags != 0) [[unlikely]]
    add_flags(room, flags);
  send(to, from, room.first(reply_size), load_be16(room.data() + kFlagsOffset) & dns::kRcodeMask);
}

void ReplySender::send_in_place(const Recipient& to, AnsweredFrom from, MutableBytes room,
                                size_t size, std::optional<ExtendedError> error) {
  finish(to, from, room, size, 0, error);
}

// Streams are asked for no more room than this reply needs, whatever its OPT.
void ReplySender::send_message(const Recipient& to, AnsweredFrom from, Bytes message,
                               uint16_t flags, std::optional<ExtendedError> error) {
  const MutableBytes room =
      reserve(to, message.size() + dns::kShortReplySizeMax + options_.padding_multiple);
  if (room.empty()) return drop(to, from, DropReason::ClientGone);
  if (message.size() > message_size_max(to, room)) {
    return send_truncated(to, from, load_be16(message.data() + kFlagsOffset) & dns::kRcodeMask,
                          flags);
  }
  std::memcpy(room.data(), message.data(), message.size());
  finish(to, from, room, message.size(), flags, error);
}

// A port may have more room than this client can take.
MutableBytes ReplySender::reserve(const Recipient& to, size_t size) const {
  const size_t wanted = std::min(size, size_max(to));
  const MutableBytes room = to.port.reserve_reply(to.reply_to, wanted);
  return room.size() > wanted ? room.first(wanted) : room;
}

bool ReplySender::reserve_larger(const Recipient& to, MutableBytes& room) const {
  if (room.size() >= size_max(to)) return false;
  room = reserve(to, size_max(to));
  return true;
}

MutableBytes ReplySender::reserve_short(const Recipient& to) const {
  return reserve(to, dns::kShortReplySizeMax + options_.padding_multiple);
}

void ReplySender::send_error(const Recipient& to, AnsweredFrom from, uint16_t rcode,
                             std::optional<ExtendedError> error) {
  const MutableBytes room = reserve_short(to);
  if (room.empty()) return drop(to, from, DropReason::ClientGone);
  const dns::OptFields fields = opt_fields(to, error, dns::kShortReplySizeMax);
  const size_t size = dns::write_error_reply(to.query, rcode, fields, room);
  const bool readable = rcode <= dns::kRcodeMask || to.query.has_opt;
  send(to, from, room.first(size), readable ? rcode : dns::rcode::kServFail);
}

void ReplySender::send_truncated(const Recipient& to, AnsweredFrom from, uint16_t rcode,
                                 uint16_t flags) {
  const MutableBytes room = reserve_short(to);
  if (room.empty()) return drop(to, from, DropReason::ClientGone);
  const size_t size = dns::write_truncated_reply(to.query, rcode, opt_fields(to), room);
  add_flags(room, flags);
  statistics_.replies_truncated.add();
  send(to, from, room.first(size), rcode);
}

void ReplySender::send_minimal_any(const Recipient& to, uint32_t ttl_s) {
  constexpr AnsweredFrom from = AnsweredFrom::Local;
  const MutableBytes room = reserve_short(to);
  if (room.empty()) return drop(to, from, DropReason::ClientGone);
  const size_t size = dns::write_minimal_any_reply(to.query, ttl_s, opt_fields(to), room);
  send(to, from, room.first(size), dns::rcode::kNoError);
}

void ReplySender::send(const Recipient& to, AnsweredFrom from, MutableBytes reply, uint16_t rcode) {
  assert(!reply.empty());
  if (reply_guard_) [[unlikely]]
    return send_judged(to, from, reply, rcode);
  hand_over(to, from, reply, rcode);
}

// One reply too many to an address that may be forged. What has been limited as a query is not
// limited again. The truncated reply is the other one without its records, so it has room there.
void ReplySender::send_judged(const Recipient& to, AnsweredFrom from, MutableBytes reply,
                              uint16_t rcode) {
  const bool forgeable = to.transport == Transport::Udp && !to.proven;
  if (!forgeable || from == AnsweredFrom::Limited) return hand_over(to, from, reply, rcode);
  const protect::Action action = reply_guard_->judge_reply(to.client.address, to.query, reply);
  if (action == protect::Action::Serve) return hand_over(to, from, reply, rcode);
  if (action == protect::Action::Drop) {
    return drop(to, AnsweredFrom::Limited, DropReason::TurnedAway);
  }
  if (!has_tc(reply)) statistics_.replies_truncated.add();
  const size_t size = dns::write_truncated_reply(to.query, rcode, opt_fields(to), reply);
  hand_over(to, AnsweredFrom::Limited, reply.first(size), rcode);
}

// The reply is told of before the port has it: afterwards its room may be another's.
void ReplySender::hand_over(const Recipient& to, AnsweredFrom from, Bytes reply, uint16_t rcode) {
  statistics_.count_reply(rcode);
  if (observer_) [[unlikely]]
    tell(to, from, reply, rcode, std::nullopt);
  to.port.send_reply(to.reply_to, reply.size());
}

void ReplySender::drop(const Recipient& to, AnsweredFrom from, DropReason reason) {
  statistics_.count_drop(reason);
  if (observer_) [[unlikely]]
    tell(to, from, {}, 0, reason);
  to.port.drop_reply(to.reply_to);
}

void ReplySender::tell(const Recipient& to, AnsweredFrom from, Bytes reply, uint16_t rcode,
                       std::optional<DropReason> dropped) const {
  std::array<uint8_t, dns::kShortReplySizeMax> room;
  Bytes query = to.message;
  if (query.empty() && to.query.has_question)
    query = Bytes(room).first(dns::write_query_of_view(to.query, room));
  observer_->on_query_ended({query, reply, to.query, to.client, to.transport, from, rcode, dropped,
                             to.received_us, clock_.now_us});
}

}  // namespace dotring::query
