// From the link layer to IP: Ethernet with any stack of VLAN tags, Linux cooked v1 and v2, raw IP,
// null and loop.
//
// Pure. Numbers are LINKTYPE_ values of files, and the DLT_ values that libpcap gives for them.

#pragma once

#include "engine/base/bytes.h"

namespace dotring::capture {

enum class LinkVerdict : uint8_t { Ip, NotIp, TooShort, UnknownLink };

struct LinkView {
  LinkVerdict verdict = LinkVerdict::NotIp;
  Bytes ip;  ///< with Ip: from the IP header on, padding included
};

LinkView view_link(uint32_t link, Bytes packet);

}  // namespace dotring::capture
