#include "tools/capture/dissector.h"

#include <algorithm>

#include "engine/dns/header.h"
#include "tools/capture/link.h"

namespace dotring::capture {
namespace {

constexpr size_t kUdpHeaderSize = 8;
constexpr size_t kTcpHeaderSize = 20;
constexpr uint8_t kTcpSyn = 0x02;
constexpr uint8_t kTcpReset = 0x04;

Fate fate_of(LinkVerdict verdict) {
  switch (verdict) {
    case LinkVerdict::NotIp:
      return Fate::NotIp;
    case LinkVerdict::UnknownLink:
      return Fate::UnknownLink;
    default:
      return Fate::Malformed;
  }
}

Fate fate_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::Query:
      return Fate::Queries;
    case MessageKind::Answer:
      return Fate::Answers;
    default:
      return Fate::NotDns;
  }
}

}  // namespace

Dissector::Dissector(const Options& options, const HashKey& hash_key, OnMessage on_message)
    : options_(options),
      on_message_(std::move(on_message)),
      fragments_(options.fragments, account_),
      tcp_(options.tcp, hash_key, account_,
           [this](const Message& message) { return use(message); }) {}

void Dissector::take(const Packet& packet) {
  if (packet.time_ns < time_ns_) ++account_.time_went_back;
  time_ns_ = packet.time_ns;
  ++account_.packets;
  ++account_[fate_of(packet)];
}

void Dissector::finish() {
  fragments_.finish();
  tcp_.finish(time_ns_);
}

Fate Dissector::fate_of(const Packet& packet) {
  const bool cut_off = packet.bytes.size() < packet.size;
  const LinkView link = view_link(packet.link, packet.bytes);
  const Fate fate =
      link.verdict == LinkVerdict::Ip ? take_ip(link.ip) : capture::fate_of(link.verdict);
  return fate == Fate::Malformed && cut_off ? Fate::CutOff : fate;
}

Fate Dissector::take_ip(Bytes packet) {
  IpView view = view_ip(packet);
  if (view.verdict == IpView::Verdict::Fragment) {
    Fate fate;
    if (!fragments_.complete(view, time_ns_, fate)) return fate;
  }
  if (view.verdict == IpView::Verdict::Malformed) return Fate::Malformed;
  if (view.verdict == IpView::Verdict::CutOff) return fate_of_rest(view);
  if (view.protocol == ip_protocol::kUdp) return take_udp(view);
  return view.protocol == ip_protocol::kTcp ? take_tcp(view) : Fate::OtherProtocol;
}

// Only what might have been DNS is lost by being cut off.
Fate Dissector::fate_of_rest(const IpView& view) const {
  const bool transport = view.protocol == ip_protocol::kUdp || view.protocol == ip_protocol::kTcp;
  if (!transport || view.payload.size() < 4) return Fate::CutOff;
  const uint8_t* at = view.payload.data();
  return is_port(load_be16(at)) || is_port(load_be16(at + 2)) ? Fate::CutOff : Fate::OtherPort;
}

bool Dissector::is_port(uint16_t port) const {
  return std::ranges::find(options_.ports, port) != options_.ports.end();
}

bool Dissector::is_dns(const Endpoint& source, const Endpoint& destination) const {
  return is_port(source.port) || is_port(destination.port);
}

Fate Dissector::take_udp(const IpView& view) {
  const Bytes datagram = view.payload;
  if (datagram.size() < kUdpHeaderSize) return Fate::Malformed;
  const size_t size = load_be16(datagram.data() + 4);
  const Endpoint source{view.source, load_be16(datagram.data())};
  const Endpoint destination{view.destination, load_be16(datagram.data() + 2)};
  if (!is_dns(source, destination)) return Fate::OtherPort;
  if (size < kUdpHeaderSize || size > datagram.size()) return Fate::Malformed;
  const Bytes octets = datagram.subspan(kUdpHeaderSize, size - kUdpHeaderSize);
  if (octets.size() < dns::kHeaderSize) return Fate::NotDns;
  return capture::fate_of(
      use({MessageKind::Neither, false, time_ns_, source, destination, octets}));
}

Fate Dissector::take_tcp(const IpView& view) {
  const Bytes segment = view.payload;
  if (segment.size() < kTcpHeaderSize) return Fate::Malformed;
  const uint8_t* at = segment.data();
  const size_t header_size = static_cast<size_t>(at[12] >> 4) * 4;
  const Endpoint source{view.source, load_be16(at)};
  const Endpoint destination{view.destination, load_be16(at + 2)};
  if (!is_dns(source, destination)) return Fate::OtherPort;
  if (header_size < kTcpHeaderSize || header_size > segment.size()) return Fate::Malformed;
  const uint8_t flags = at[13];
  return tcp_.take({source, destination, load_be32(at + 4), (flags & kTcpSyn) != 0,
                    (flags & kTcpReset) != 0, segment.subspan(header_size)},
                   time_ns_);
}

MessageKind Dissector::use(const Message& message) {
  const bool response = dns::read_header(message.octets).has(dns::kFlagQr);
  const bool right = is_port(response ? message.source.port : message.destination.port);
  if (!right) return MessageKind::Neither;
  Message known = message;
  known.kind = response ? MessageKind::Answer : MessageKind::Query;
  uint64_t& count = response ? (message.tcp ? account_.answers_tcp : account_.answers_udp)
                             : (message.tcp ? account_.queries_tcp : account_.queries_udp);
  ++count;
  on_message_(known);
  return known.kind;
}

}  // namespace dotring::capture
