#include "tools/dotring/audit/client_mask.h"

namespace dotring::appliance {
namespace {

std::string hexadecimal(Bytes octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t octet : octets) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

}  // namespace

IpAddress ClientMask::masked(const IpAddress& address) const {
  switch (clients_) {
    case AuditClients::Prefix:
      return prefix_of(address);
    case AuditClients::Hashed:
      return hash_of(address);
    case AuditClients::Whole:
    case AuditClients::None:
      break;
  }
  return address;
}

std::string ClientMask::text(const IpAddress& address) const {
  const IpAddress shown = masked(address);
  return clients_ == AuditClients::Hashed ? hexadecimal(shown.wire()) : shown.to_text();
}

IpAddress ClientMask::prefix_of(const IpAddress& address) const {
  constexpr size_t kIpv4Kept = 15;  // of 16 octets: 24 of the last 32 bits
  constexpr size_t kIpv6Kept = 7;   // 56 bits
  IpAddress prefix = address;
  for (size_t i = address.is_ipv4() ? kIpv4Kept : kIpv6Kept; i < prefix.octets.size(); ++i) {
    prefix.octets[i] = 0;
  }
  return prefix;
}

IpAddress ClientMask::hash_of(const IpAddress& address) const {
  const uint64_t first = siphash24(key_, address.octets);
  const uint64_t second = siphash24({key_.high, ~key_.low}, address.octets);
  std::array<uint8_t, 16> octets;
  std::memcpy(octets.data(), &first, sizeof first);
  std::memcpy(octets.data() + sizeof first, &second, sizeof second);
  return address.is_ipv4() ? IpAddress::from_ipv4(octets.data())
                           : IpAddress::from_ipv6(octets.data());
}

}  // namespace dotring::appliance
