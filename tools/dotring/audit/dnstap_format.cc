#include "tools/dotring/audit/dnstap_format.h"

#include <dnstap.pb-c.h>

namespace dotring::appliance {
namespace {

using Envelope = Dotring__Dnstap__Dnstap;
using Message = Dotring__Dnstap__Message;

constexpr uint64_t kUsPerS = 1'000'000;

// The generated structs point to what they are packed from and do not write to it.
ProtobufCBinaryData data_of(Bytes bytes) {
  return {bytes.size(), const_cast<uint8_t*>(bytes.data())};
}

Dotring__Dnstap__SocketProtocol protocol_of(query::Transport transport) {
  switch (transport) {
    case query::Transport::Udp:
      return DOTRING__DNSTAP__SOCKET_PROTOCOL__UDP;
    case query::Transport::Tcp:
      return DOTRING__DNSTAP__SOCKET_PROTOCOL__TCP;
    case query::Transport::Tls:
      return DOTRING__DNSTAP__SOCKET_PROTOCOL__DOT;
    case query::Transport::Https:
      break;
  }
  return DOTRING__DNSTAP__SOCKET_PROTOCOL__DOH;
}

void set_client(Message& message, const Record& record, const IpAddress& shown, bool with_port) {
  message.has_query_address = true;
  message.query_address = data_of(shown.wire());
  message.has_query_port = with_port;
  message.query_port = record.facts.client.port;
}

void set_query_time(Message& message, uint64_t wall_us) {
  message.has_query_time_sec = message.has_query_time_nsec = true;
  message.query_time_sec = wall_us / kUsPerS;
  message.query_time_nsec = static_cast<uint32_t>(wall_us % kUsPerS * 1000);
}

void set_response(Message& message, Bytes reply, uint64_t wall_us) {
  message.has_response_time_sec = message.has_response_time_nsec = true;
  message.response_time_sec = wall_us / kUsPerS;
  message.response_time_nsec = static_cast<uint32_t>(wall_us % kUsPerS * 1000);
  message.has_response_message = true;
  message.response_message = data_of(reply);
}

// Frame Streams: four octets of size in network order, then the frame.
void append_frame(const Envelope& envelope, std::vector<uint8_t>& to) {
  const size_t size = dotring__dnstap__dnstap__get_packed_size(&envelope);
  const size_t start = to.size();
  to.resize(start + sizeof(uint32_t) + size);
  store_be32(to.data() + start, static_cast<uint32_t>(size));
  dotring__dnstap__dnstap__pack(&envelope, to.data() + start + sizeof(uint32_t));
}

}  // namespace

void DnstapFormat::append(const Record& record, const WallTime& time, std::vector<uint8_t>& to) {
  const IpAddress shown = mask_.masked(record.facts.client.address);
  Message message = DOTRING__DNSTAP__MESSAGE__INIT;
  message.has_socket_family = message.has_socket_protocol = true;
  message.socket_family = shown.is_ipv4() ? DOTRING__DNSTAP__SOCKET_FAMILY__INET
                                          : DOTRING__DNSTAP__SOCKET_FAMILY__INET6;
  message.socket_protocol = protocol_of(record.facts.transport);
  if (mask_.shows_address()) set_client(message, record, shown, mask_.shows_port());
  set_query_time(message, time.us(record.facts.received_us));

  Envelope envelope = DOTRING__DNSTAP__DNSTAP__INIT;
  envelope.type = DOTRING__DNSTAP__DNSTAP__TYPE__MESSAGE;
  envelope.message = &message;
  envelope.has_identity = !identity_.empty();
  envelope.identity = data_of(bytes_of(identity_));
  envelope.has_version = true;
  envelope.version = data_of(bytes_of(version_));

  message.type = DOTRING__DNSTAP__MESSAGE__TYPE__CLIENT_QUERY;
  message.has_query_message = true;
  message.query_message = data_of(record.query);
  append_frame(envelope, to);
  if (record.reply.empty()) return;
  message.type = DOTRING__DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE;
  message.has_query_message = false;
  set_response(message, record.reply, time.us(record.facts.answered_us));
  append_frame(envelope, to);
}

}  // namespace dotring::appliance
