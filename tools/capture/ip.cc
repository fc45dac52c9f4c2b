#include "tools/capture/ip.h"

#include <algorithm>

namespace dotring::capture {
namespace {

using Verdict = IpView::Verdict;

constexpr size_t kIpv4HeaderSize = 20;
constexpr size_t kIpv6HeaderSize = 40;
constexpr uint8_t kFragmentHeader = 44;
constexpr uint8_t kAuthenticationHeader = 51;

IpView with(IpView view, Verdict verdict) {
  view.verdict = verdict;
  return view;
}

IpView view_ipv4(Bytes packet) {
  IpView view;
  if (packet.size() < kIpv4HeaderSize) return with(view, Verdict::CutOff);
  const uint8_t* at = packet.data();
  const size_t header_size = size_t{at[0] & 0x0fu} * 4;
  size_t size = load_be16(at + 2);
  // Segmentation by the network card: the sender's own capture may have no length.
  if (size == 0) size = packet.size();
  if (header_size < kIpv4HeaderSize || size < header_size) return view;
  view.source = IpAddress::from_ipv4(at + 12);
  view.destination = IpAddress::from_ipv4(at + 16);
  view.protocol = at[9];
  if (packet.size() < size) {
    view.payload = packet.subspan(std::min(header_size, packet.size()));
    return with(view, Verdict::CutOff);
  }
  view.payload = packet.subspan(header_size, size - header_size);
  const uint16_t fragment = load_be16(at + 6);
  view.id = load_be16(at + 4);
  view.more = (fragment & 0x2000) != 0;
  view.offset = (fragment & 0x1fffu) * 8;
  return with(view, view.more || view.offset > 0 ? Verdict::Fragment : Verdict::Whole);
}

// Extension headers that may be stepped over: hop-by-hop, routing, destination, mobility, HIP,
// shim6 and authentication. All others end the walk.
bool is_extension(uint8_t protocol) {
  return protocol == 0 || protocol == 43 || protocol == 60 || protocol == 135 || protocol == 139 ||
         protocol == 140 || protocol == kAuthenticationHeader;
}

void read_fragment_header(IpView& view) {
  const uint8_t* at = view.payload.data();
  const uint16_t fragment = load_be16(at + 2);
  view.protocol = at[0];
  view.offset = fragment & 0xfff8u;
  view.more = (fragment & 1) != 0;
  view.id = load_be32(at + 4);
  view.payload = view.payload.subspan(8);
}

IpView view_ipv6(Bytes packet) {
  IpView view;
  if (packet.size() < kIpv6HeaderSize) return with(view, Verdict::CutOff);
  const uint8_t* at = packet.data();
  view.source = IpAddress::from_ipv6(at + 8);
  view.destination = IpAddress::from_ipv6(at + 24);
  view.protocol = at[6];
  size_t size = load_be16(at + 4);
  if (size == 0) size = packet.size() - kIpv6HeaderSize;
  if (packet.size() - kIpv6HeaderSize < size) {
    view.payload = packet.subspan(kIpv6HeaderSize);
    return with(view, Verdict::CutOff);
  }
  view.payload = packet.subspan(kIpv6HeaderSize, size);
  if (!skip_ipv6_extensions(view.protocol, view.payload)) return view;
  if (view.protocol != kFragmentHeader) return with(view, Verdict::Whole);
  if (view.payload.size() < 8) return view;
  read_fragment_header(view);
  if (view.more || view.offset > 0) return with(view, Verdict::Fragment);
  // A datagram of one fragment (RFC 6946).
  return with(view, skip_ipv6_extensions(view.protocol, view.payload) ? Verdict::Whole
                                                                      : Verdict::Malformed);
}

}  // namespace

bool skip_ipv6_extensions(uint8_t& protocol, Bytes& payload) {
  while (is_extension(protocol)) {
    if (payload.size() < 8) return false;
    const size_t units = payload[1];
    const size_t size = protocol == kAuthenticationHeader ? (units + 2) * 4 : (units + 1) * 8;
    if (size > payload.size()) return false;
    protocol = payload[0];
    payload = payload.subspan(size);
  }
  return true;
}

IpView view_ip(Bytes packet) {
  if (packet.empty()) return {};
  const int version = packet[0] >> 4;
  if (version == 4) return view_ipv4(packet);
  if (version == 6) return view_ipv6(packet);
  return {};
}

}  // namespace dotring::capture
