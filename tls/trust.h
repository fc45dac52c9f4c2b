// What the peer of a client must prove before a single query is sent (RFC 8310): a name, a key, or
// both.
//
// Strict unless `opportunistic` was asked for. With a name and pins, both must hold; with pins
// alone, the pin authenticates and neither chain nor dates matter (RFC 7858, 4.2). Without name and
// pins nothing could be proved: check() refuses that unless opportunistic.

#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"

namespace dotring::tls {

struct CertificateView;

/// SHA-256 of a certificate's SubjectPublicKeyInfo.
using SpkiPin = std::array<uint8_t, 32>;

struct Trust {
  /// A DNS name (sent as SNI) or an IP address (never sent); the certificate must carry it.
  std::string authentication_name;
  /// One of them must be the leaf's.
  std::vector<SpkiPin> pins;
  /// No verification at all (RFC 8310, 5): only when somebody asked for it.
  bool opportunistic = false;

  friend bool operator==(const Trust&, const Trust&) = default;

  /// Not null: why this can authenticate nobody.
  std::optional<std::string> check() const;

  /// The chain must lead to a trust anchor and be valid today.
  bool needs_chain() const { return !opportunistic && !authentication_name.empty(); }
  bool name_is_address() const;
  /// The name without the root's dot, as SNI and certificates write it (RFC 6066, 3).
  std::string_view host_name() const;
  /// What the leaf fails to prove: name and pin. wolfSSL checks chain and dates, and the DNS name
  /// too, but it falls back to the common name and takes other kinds of names for DNS names; here
  /// only the subjectAltName's own kind counts (RFC 9525, 6). Null: nothing.
  std::optional<std::string> complaint_about(const CertificateView& leaf) const;
};

/// The pin of a certificate in DER; nothing when it is not one.
std::optional<SpkiPin> spki_pin_of(Bytes certificate_der);
/// Base64 of 32 octets (RFC 7858 writes pins so); nothing for anything else.
std::optional<SpkiPin> parse_spki_pin(std::string_view base64);
std::string to_text(const SpkiPin& pin);

}  // namespace dotring::tls
