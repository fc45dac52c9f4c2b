// One IP packet: addresses, protocol, payload, and which part of a datagram it is.
//
// Pure. IPv4 options and IPv6 extension headers are stepped over (RFC 791; RFC 8200, 4).
// Checksums are not looked at: captures on the sending machine have none yet.

#pragma once

#include "engine/base/address.h"

namespace dotring::capture {

struct IpView {
  enum class Verdict : uint8_t {
    Whole,
    Fragment,
    Malformed,
    CutOff,  ///< shorter than its header says: the snap length, or a broken file
  };

  Verdict verdict = Verdict::Malformed;
  IpAddress source;
  IpAddress destination;
  uint8_t protocol = 0;
  Bytes payload;  ///< without padding; with CutOff, what there is of it
  // With Fragment:
  uint32_t id = 0;
  uint32_t offset = 0;  ///< octets
  bool more = false;    ///< fragments follow
};

/// `packet` may be longer than the IP packet (padding of the link).
IpView view_ip(Bytes packet);

/// A datagram's payload as its IPv6 headers behind the fragment header go on: the protocol behind
/// them and the rest. False: malformed.
bool skip_ipv6_extensions(uint8_t& protocol, Bytes& payload);

namespace ip_protocol {
inline constexpr uint8_t kTcp = 6;
inline constexpr uint8_t kUdp = 17;
}  // namespace ip_protocol

}  // namespace dotring::capture
