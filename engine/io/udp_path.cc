#include "engine/io/udp_path.h"

#include <cstring>

#include "engine/io/socket_address.h"

namespace dotring::io {

Endpoint UdpPath::peer() const {
  return is_ipv4() ? endpoint_of(peer4) : endpoint_of(peer6);
}

// IP_PKTINFO's ipi_addr is the header's destination address, which is what the client asked;
// ipi_spec_dst is what the kernel would answer from, and differs for broadcasts.
void read_local(msghdr& header, UdpPath& path) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(each), sizeof info);
      std::memcpy(path.local.s6_addr + 12, &info.ipi_addr, sizeof info.ipi_addr);
      path.local_interface = static_cast<uint32_t>(info.ipi_ifindex);
    } else if (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(each), sizeof info);
      path.local = info.ipi6_addr;
      path.local_interface = info.ipi6_ifindex;
    }
  }
}

// For IPv4 the interface stays open, so that routing decides; link-local IPv6 needs it.
void write_local(msghdr& header, const UdpPath& path) {
  header.msg_controllen = 0;
  if (path.is_ipv4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, path.local.s6_addr + 12, sizeof info.ipi_spec_dst);
    add_control(header, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
  } else {
    in6_pktinfo info{};
    info.ipi6_addr = path.local;
    if (IN6_IS_ADDR_LINKLOCAL(&path.local)) info.ipi6_ifindex = path.local_interface;
    add_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
  }
}

void add_control(msghdr& header, int level, int type, const void* data, size_t size) {
  cmsghdr control{};
  control.cmsg_level = level;
  control.cmsg_type = type;
  control.cmsg_len = CMSG_LEN(size);
  uint8_t* at = static_cast<uint8_t*>(header.msg_control) + header.msg_controllen;
  std::memcpy(at, &control, sizeof control);
  std::memcpy(at + CMSG_LEN(0), data, size);
  header.msg_controllen += CMSG_SPACE(size);
}

}  // namespace dotring::io
