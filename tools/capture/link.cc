#include "tools/capture/link.h"

#include "engine/base/cursor.h"

namespace dotring::capture {
namespace {

constexpr uint16_t kIpv4 = 0x0800;
constexpr uint16_t kIpv6 = 0x86dd;
// Below this an Ethernet frame's type is its length, and an LLC header follows (IEEE 802.3).
constexpr uint16_t kLengthMax = 1500;
constexpr size_t kAddressesSize = 12;

LinkView verdict_only(LinkVerdict verdict) {
  return {verdict, {}};
}

// 802.1Q, 802.1ad, and what was used before 802.1ad.
bool is_vlan(uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200 || type == 0x9300;
}

bool is_ip(uint16_t type) {
  return type == kIpv4 || type == kIpv6;
}

// LLC with SNAP carries an Ethernet type again (RFC 1042).
bool read_snap(Reader& reader, uint16_t& type) {
  const uint32_t head = reader.u32();
  const uint32_t organisation_and_type = reader.u32();
  type = static_cast<uint16_t>(organisation_and_type);
  return head == 0xaaaa0300 && organisation_and_type >> 16 == 0;
}

LinkView view_ethernet_type(uint16_t type, Reader reader, Bytes packet) {
  while (reader.ok() && is_vlan(type)) {
    reader.u16();
    type = reader.u16();
  }
  if (reader.ok() && type <= kLengthMax && !read_snap(reader, type)) type = 0;
  if (!reader.ok()) return verdict_only(LinkVerdict::TooShort);
  if (!is_ip(type)) return verdict_only(LinkVerdict::NotIp);
  return {LinkVerdict::Ip, packet.subspan(reader.offset())};
}

LinkView view_ethernet(Bytes packet) {
  Reader reader(packet);
  reader.skip(kAddressesSize);
  const uint16_t type = reader.u16();
  return view_ethernet_type(type, reader, packet);
}

// The protocol stands at `offset` of a header of `size` octets.
LinkView view_cooked(Bytes packet, size_t offset, size_t size) {
  if (packet.size() < size) return verdict_only(LinkVerdict::TooShort);
  return view_ethernet_type(load_be16(packet.data() + offset), Reader(packet, size), packet);
}

LinkView view_raw(Bytes packet, int version) {
  if (packet.empty()) return verdict_only(LinkVerdict::TooShort);
  const int found = packet[0] >> 4;
  const bool right = version == 0 ? found == 4 || found == 6 : found == version;
  return right ? LinkView{LinkVerdict::Ip, packet} : verdict_only(LinkVerdict::NotIp);
}

// The family is a number of the capturing system, in its byte order (null) or the network's (loop).
LinkView view_family(Bytes packet) {
  if (packet.size() < 4) return verdict_only(LinkVerdict::TooShort);
  uint32_t family = load_be32(packet.data());
  if (family > 0xffff) family = __builtin_bswap32(family);
  constexpr uint32_t kInet = 2, kInet6Linux = 10, kInet6Bsd = 24, kInet6FreeBsd = 28,
                     kInet6Darwin = 30;
  const bool ip = family == kInet || family == kInet6Linux || family == kInet6Bsd ||
                  family == kInet6FreeBsd || family == kInet6Darwin;
  return ip ? LinkView{LinkVerdict::Ip, packet.subspan(4)} : verdict_only(LinkVerdict::NotIp);
}

}  // namespace

LinkView view_link(uint32_t link, Bytes packet) {
  switch (link) {
    case 1:
      return view_ethernet(packet);
    case 113:  // cooked v1
      return view_cooked(packet, 14, 16);
    case 276:  // cooked v2
      return view_cooked(packet, 0, 20);
    case 12:  // raw IP; 14 is OpenBSD's number for it, 101 that of files
    case 14:
    case 101:
      return view_raw(packet, 0);
    case 228:
      return view_raw(packet, 4);
    case 229:
      return view_raw(packet, 6);
    case 0:    // null
    case 108:  // loop
      return view_family(packet);
    default:
      return verdict_only(LinkVerdict::UnknownLink);
  }
}

}  // namespace dotring::capture
