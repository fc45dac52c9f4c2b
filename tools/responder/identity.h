// The certificate that the responder shows: from files, or made at start.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tls/context.h"

namespace dotring::responder {

struct IdentityChoice {
  std::string certificate_file;  ///< PEM, the server's own first
  std::string key_file;
  std::vector<std::string> make_names;  ///< host names and addresses of a certificate made now
  std::string write_ca_file;            ///< where the authority that signed it is written to
  bool expired = false;                 ///< the certificate made now ended yesterday
  bool self_signed = false;  ///< it is signed by itself; then it is what write_ca_file gets
  bool tls12_only = false;
  bool tls13_only = false;
  bool tickets = true;

  bool made() const { return !make_names.empty(); }
  bool given() const { return made() || !certificate_file.empty(); }
};

/// Not null: what is wrong. `now_s`: seconds since 1970.
std::optional<std::string> open_identity(const IdentityChoice& choice, uint64_t now_s,
                                         tls::ServerContext& context);

}  // namespace dotring::responder
