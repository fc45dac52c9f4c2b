// A certificate in DER, read just far enough for trust: its public key, its names and its dates.
//
// What it is not: verification. wolfSSL checks signatures, dates and DNS names; this gives what
// wolfSSL 5.5 has no dependable call for: the SubjectPublicKeyInfo to pin (RFC 7858, 4.2), IP
// addresses in binary form, and words for the log.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/bytes.h"

namespace dotring::tls {

/// Views into the DER that was parsed.
struct CertificateView {
  /// The whole SubjectPublicKeyInfo, tag and length included.
  Bytes public_key_info;
  /// "240131235959Z" or "20510131235959Z" (RFC 5280, 4.1.2.5).
  std::string_view not_before;
  std::string_view not_after;
  /// The subjectAltName's entries; others than these two kinds are skipped.
  std::vector<std::string_view> dns_names;
  std::vector<IpAddress> addresses;

  /// Nothing when the structure is not a certificate's.
  static std::optional<CertificateView> parse(Bytes der);

  bool has_address(const IpAddress& address) const;
  /// "a.example, b.example, 192.0.2.1 and 3 more", unprintable bytes replaced.
  std::string names_text() const;
};

/// "2024-01-31" of an RFC 5280 time; the text itself when it is not one.
std::string date_text(std::string_view time);

}  // namespace dotring::tls
