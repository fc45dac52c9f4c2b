// Makes a certificate at start: for dotring-responder, tests, and machines without a CA.
//
// A fresh authority (ECDSA P-256) and a leaf signed by it, or a leaf signed by itself. Nothing here
// is kept: who wants the same certificate tomorrow saves the PEM. The clock is the caller's, so
// that certificates that have expired or are not valid yet can be made.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/address.h"

namespace dotring::tls {

struct IdentityOptions {
  std::string common_name = "dotring";
  std::vector<std::string> dns_names;
  std::vector<IpAddress> addresses;
  /// Seconds since 1970, in [0, 2524607999] (1970 to 2049).
  uint64_t not_before_s = 0;
  uint64_t not_after_s = 0;
  /// False: the leaf signs itself, and authority_pem is the leaf.
  bool with_authority = true;
};

/// PEM texts.
struct Identity {
  std::string certificate_pem;
  std::string key_pem;
  /// What clients need as trust anchor. Valid from 2020 to 2049 (an authority), whatever the leaf's
  /// dates.
  std::string authority_pem;
};

/// Not null: why not.
std::optional<std::string> make_identity(const IdentityOptions& options, Identity& identity);

}  // namespace dotring::tls
