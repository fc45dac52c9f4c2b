// wolfSSL's error codes and TLS alerts in words that an operator understands.

#pragma once

#include <string>

namespace dotring::tls {

/// "certificate is not signed by a trusted authority", "handshake signature is wrong (-229)".
std::string error_text(int wolfssl_error);
/// "bad_certificate" (RFC 8446, 6); "alert 200" when unknown.
std::string alert_text(int alert);

}  // namespace dotring::tls
