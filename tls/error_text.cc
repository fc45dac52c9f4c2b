#include "tls/error_text.h"

#include <cstdlib>

#include "tls/wolfssl.h"

namespace dotring::tls {
namespace {

struct Word {
  int code;
  const char* text;
};

constexpr Word kErrors[] = {
    {ASN_NO_SIGNER_E, "certificate is not signed by a trusted authority"},
    {ASN_SELF_SIGNED_E, "certificate is self-signed and not trusted"},
    {ASN_AFTER_DATE_E, "certificate has expired"},
    {ASN_BEFORE_DATE_E, "certificate is not valid yet"},
    {ASN_SIG_CONFIRM_E, "certificate's signature is wrong"},
    {DOMAIN_NAME_MISMATCH, "certificate is for another name"},
    {VERIFY_CERT_ERROR, "certificate was not accepted"},
    {NO_PEER_CERT, "peer sent no certificate"},
    {MAX_CHAIN_ERROR, "certificate chain is too long"},
    {VERSION_ERROR, "peer speaks no version of TLS that is allowed"},
    {MATCH_SUITE_ERROR, "no cipher in common"},
    {VERIFY_MAC_ERROR, "record does not authenticate"},
    {DECRYPT_ERROR, "record does not authenticate"},
    {UNKNOWN_RECORD_TYPE, "not a TLS record"},
    {LENGTH_ERROR, "record is too long"},
    {SOCKET_PEER_CLOSED_E, "peer closed the connection"},
};

// RFC 8446, 6 and B.2.
constexpr Word kAlerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

template <size_t kSize>
const char* find(const Word (&words)[kSize], int code) {
  for (const Word& word : words) {
    if (word.code == code) return word.text;
  }
  return nullptr;
}

}  // namespace

std::string error_text(int wolfssl_error) {
  const int code = wolfssl_error < 0 ? wolfssl_error : -wolfssl_error;
  if (const char* text = find(kErrors, code)) return text;
  const auto positive = static_cast<unsigned long>(std::abs(wolfssl_error));
  const char* reason = wolfSSL_ERR_reason_error_string(positive);
  return std::string(reason ? reason : "unknown error") + " (" + std::to_string(code) + ")";
}

std::string alert_text(int alert) {
  const char* text = find(kAlerts, alert);
  return text ? text : "alert " + std::to_string(alert);
}

}  // namespace dotring::tls
