// The numbers of the DNS that dotring needs to know by name. Everything else passes as a number.

#pragma once

#include <cstddef>
#include <cstdint>

namespace dotring::dns {

// Sizes (RFC 1035, 2.3.4 and 4.1.1; RFC 6891, 6.2.3; RFC 9715).
inline constexpr size_t kHeaderSize = 12;
inline constexpr size_t kNameSizeMax = 255;
inline constexpr size_t kLabelSizeMax = 63;
inline constexpr size_t kMessageSizeMax = 65535;
inline constexpr size_t kUdpSizeWithoutEdns = 512;
inline constexpr size_t kUdpSizeDefault = 1232;

// Header flags, as bits of the second 16-bit word (RFC 1035, 4.1.1; RFC 4035, 3.1.6).
inline constexpr uint16_t kFlagQr = 0x8000;
inline constexpr uint16_t kFlagAa = 0x0400;
inline constexpr uint16_t kFlagTc = 0x0200;
inline constexpr uint16_t kFlagRd = 0x0100;
inline constexpr uint16_t kFlagRa = 0x0080;
inline constexpr uint16_t kFlagZ = 0x0040;
inline constexpr uint16_t kFlagAd = 0x0020;
inline constexpr uint16_t kFlagCd = 0x0010;
inline constexpr uint16_t kRcodeMask = 0x000f;
inline constexpr uint16_t kOpcodeMask = 0x7800;
inline constexpr int kOpcodeShift = 11;

namespace opcode {
inline constexpr uint8_t kQuery = 0;
}

namespace rcode {
inline constexpr uint16_t kNoError = 0;
inline constexpr uint16_t kFormErr = 1;
inline constexpr uint16_t kServFail = 2;
inline constexpr uint16_t kNxDomain = 3;
inline constexpr uint16_t kNotImp = 4;
inline constexpr uint16_t kRefused = 5;
inline constexpr uint16_t kBadVers = 16;  // extended: upper bits live in the OPT record
inline constexpr uint16_t kBadCookie = 23;
}  // namespace rcode

namespace type {
inline constexpr uint16_t kA = 1;
inline constexpr uint16_t kNs = 2;
inline constexpr uint16_t kCname = 5;
inline constexpr uint16_t kSoa = 6;
inline constexpr uint16_t kPtr = 12;
inline constexpr uint16_t kMx = 15;
inline constexpr uint16_t kTxt = 16;
inline constexpr uint16_t kAaaa = 28;
inline constexpr uint16_t kOpt = 41;
inline constexpr uint16_t kRrsig = 46;
inline constexpr uint16_t kHinfo = 13;
inline constexpr uint16_t kTsig = 250;
inline constexpr uint16_t kIxfr = 251;
inline constexpr uint16_t kAxfr = 252;
inline constexpr uint16_t kAny = 255;
}  // namespace type

inline constexpr uint16_t kClassIn = 1;
inline constexpr uint16_t kClassAny = 255;

// EDNS option codes.
namespace option {
inline constexpr uint16_t kClientSubnet = 8;    // RFC 7871
inline constexpr uint16_t kCookie = 10;         // RFC 7873
inline constexpr uint16_t kTcpKeepalive = 11;   // RFC 7828
inline constexpr uint16_t kPadding = 12;        // RFC 7830
inline constexpr uint16_t kExtendedError = 15;  // RFC 8914
}  // namespace option

// Extended DNS error codes (RFC 8914, 4).
namespace extended_error {
inline constexpr uint16_t kOther = 0;
inline constexpr uint16_t kStaleAnswer = 3;
inline constexpr uint16_t kCachedError = 13;
inline constexpr uint16_t kBlocked = 15;
inline constexpr uint16_t kCensored = 16;
inline constexpr uint16_t kFiltered = 17;
inline constexpr uint16_t kProhibited = 18;
inline constexpr uint16_t kStaleNxDomain = 19;
inline constexpr uint16_t kNoReachableAuthority = 22;
inline constexpr uint16_t kNetworkError = 23;
}  // namespace extended_error

}  // namespace dotring::dns
