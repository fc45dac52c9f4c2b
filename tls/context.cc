#include "tls/context.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <iterator>

#include "tls/error_text.h"
#include "tls/file.h"
#include "tls/identity_check.h"
#include "tls/session.h"
#include "tls/wolfssl.h"

namespace dotring::tls {
namespace {

// Without AES instructions ChaCha20-Poly1305 is two to three times as fast, and Debian's wolfSSL
// has none.
#if defined(WOLFSSL_AESNI) || defined(WOLFSSL_ARMASM)
#define DOTRING_TLS13_CIPHERS "TLS13-AES128-GCM-SHA256:TLS13-CHACHA20-POLY1305-SHA256"
#define DOTRING_TLS12_CIPHERS(KEY) "ECDHE-" KEY "-AES128-GCM-SHA256:ECDHE-" KEY "-CHACHA20-POLY1305"
#else
#define DOTRING_TLS13_CIPHERS "TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES128-GCM-SHA256"
#define DOTRING_TLS12_CIPHERS(KEY) "ECDHE-" KEY "-CHACHA20-POLY1305:ECDHE-" KEY "-AES128-GCM-SHA256"
#endif

// AEAD with forward secrecy only (RFC 9325, 4.2); the library would also offer anonymous and NULL
// ciphers.
constexpr const char* kCiphers =
    DOTRING_TLS13_CIPHERS ":TLS13-AES256-GCM-SHA384:"  //
    DOTRING_TLS12_CIPHERS("ECDSA") ":" DOTRING_TLS12_CIPHERS("RSA") ":"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

// Bundles of trust anchors by distribution. A bundle is one file instead of a folder of several
// hundred.
constexpr const char* kSystemBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu
    "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora
    "/etc/ssl/cert.pem",                   // Alpine
};

using Option = ContextFailure::Option;

ContextFailure no_memory() {
  return {Option::None, "", "out of memory"};
}

const char* name_of(Option option) {
  switch (option) {
    case Option::None:
      return "";
    case Option::TrustAnchors:
      return "ca_file";
    case Option::Ciphers:
      return "ciphers";
    case Option::Certificate:
      return "certificate_file";
    case Option::Key:
      return "key_file";
  }
  return "";
}

// The PEM text of an option that is either a file or the text itself.
std::optional<ContextFailure> pem_of(Option option, const std::string& file,
                                     const std::string& text, std::string& pem) {
  pem = text;
  if (file.empty()) return std::nullopt;
  if (auto failure = read_file(file, pem)) return ContextFailure{option, file, *failure};
  return std::nullopt;
}

const unsigned char* data_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

void set_groups(WOLFSSL_CTX* handle) {
  // X25519 first: the generic P-256 code of Debian's build takes several times as long.
  int groups[] = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1};
  const int done = wolfSSL_CTX_set_groups(handle, groups, static_cast<int>(std::size(groups)));
  assert(done == WOLFSSL_SUCCESS);
  (void)done;
}

}  // namespace

std::string ContextFailure::text() const {
  std::string text = name_of(option);
  if (!value.empty()) text += " \"" + value + '"';
  return text.empty() ? cause : text + ": " + cause;
}

Library::Library() {
  wolfSSL_Init();
}

Library::~Library() {
  wolfSSL_Cleanup();
}

void Library::forget_keys() {
#ifdef FP_ECC
  wc_ecc_fp_free();
#endif
}

void Library::leave_thread() {
  forget_keys();
  wolfSSL_ERR_remove_thread_state(nullptr);
}

Context::~Context() {
  wolfSSL_CTX_free(handle_);
}

std::optional<ContextFailure> Context::set_up(const std::vector<std::string>& alpn,
                                              const std::string& ciphers, bool tls13_only,
                                              bool tls12_only) {
  if (!handle_) return no_memory();
  alpn_ = joined(alpn);
  const int least = tls13_only ? WOLFSSL_TLSV1_3 : WOLFSSL_TLSV1_2;
  if (wolfSSL_CTX_SetMinVersion(handle_, least) != WOLFSSL_SUCCESS)
    return ContextFailure{Option::None, "", "TLS version not available"};
  const char* list = ciphers.empty() ? kCiphers : ciphers.c_str();
  if (wolfSSL_CTX_set_cipher_list(handle_, list) != WOLFSSL_SUCCESS) {
    return ContextFailure{Option::Ciphers, list, "no cipher of this list is known"};
  }
  if (!tls12_only) set_groups(handle_);
  // Sessions are kept by TicketStore or by the client; the library's own cache is global, locked,
  // and 40 KB each.
  wolfSSL_CTX_set_session_cache_mode(handle_, WOLFSSL_SESS_CACHE_NO_INTERNAL);
  Session::install_callbacks(handle_);
  return std::nullopt;
}

std::optional<ContextFailure> ClientContext::open(const ClientOptions& options) {
  assert(!handle_);
  handle_ = wolfSSL_CTX_new(options.tls12_only ? wolfTLSv1_2_client_method()
                                               : wolfSSLv23_client_method());
  if (auto failure =
          set_up(options.alpn, options.ciphers, options.tls13_only, options.tls12_only)) {
    return failure;
  }
  if (wolfSSL_CTX_UseSessionTicket(handle_) != WOLFSSL_SUCCESS) return no_memory();
  if (!options.trust_anchors) return std::nullopt;
  return load_trust_anchors(options);
}

std::optional<ContextFailure> ClientContext::load_trust_anchors(const ClientOptions& options) {
  if (options.ca_file.empty() && options.ca_pem.empty()) return load_system_trust_store();
  std::string pem;
  if (auto failure = pem_of(Option::TrustAnchors, options.ca_file, options.ca_pem, pem))
    return failure;
  const int done = add_trust_anchors(pem);
  if (done == WOLFSSL_SUCCESS) return std::nullopt;
  // The library has no word for a file without octets.
  return ContextFailure{
      Option::TrustAnchors, options.ca_file,
      "no usable certificate in it: " + (pem.empty() ? "it is empty" : error_text(done))};
}

/// wolfSSL's result.
int ClientContext::add_trust_anchors(const std::string& pem) {
  anchors_digest_ = std::hash<std::string>()(pem);
  return wolfSSL_CTX_load_verify_buffer(handle_, data_of(pem), static_cast<long>(pem.size()),
                                        WOLFSSL_FILETYPE_PEM);
}

std::optional<ContextFailure> ClientContext::load_system_trust_store() {
  std::string pem;
  for (const char* bundle : kSystemBundles) {
    if (read_file(bundle, pem)) continue;
    if (add_trust_anchors(pem) == WOLFSSL_SUCCESS) return std::nullopt;
  }
  if (wolfSSL_CTX_load_system_CA_certs(handle_) == WOLFSSL_SUCCESS) return std::nullopt;
  return ContextFailure{
      Option::TrustAnchors, "",
      "the system's trust store has no certificates; install ca-certificates, or give a PEM file"};
}

std::optional<ContextFailure> ServerContext::open(const ServerOptions& options) {
  assert(!handle_);
  handle_ = wolfSSL_CTX_new(options.tls12_only ? wolfTLSv1_2_server_method()
                                               : wolfSSLv23_server_method());
  if (auto failure =
          set_up(options.alpn, options.ciphers, options.tls13_only, options.tls12_only)) {
    return failure;
  }
  wolfSSL_CTX_set_verify(handle_, WOLFSSL_VERIFY_NONE, nullptr);
  if (!options.tickets) wolfSSL_CTX_no_ticket_TLSv13(handle_);
  if (!options.tickets) wolfSSL_CTX_NoTicketTLSv12(handle_);
  if (auto failure = load_certificate(options)) return failure;
  return load_key(options);
}

std::optional<ContextFailure> ServerContext::load_certificate(const ServerOptions& options) {
  const std::string& file = options.certificate_file;
  std::string pem;
  if (auto failure = pem_of(Option::Certificate, file, options.certificate_pem, pem))
    return failure;
  const int done = wolfSSL_CTX_use_certificate_chain_buffer(handle_, data_of(pem),
                                                            static_cast<long>(pem.size()));
  if (done == WOLFSSL_SUCCESS) return std::nullopt;
  return ContextFailure{Option::Certificate, file, "not a certificate: " + error_text(done)};
}

std::optional<ContextFailure> ServerContext::load_key(const ServerOptions& options) {
  const std::string& file = options.key_file;
  std::string pem;
  if (auto failure = pem_of(Option::Key, file, options.key_pem, pem)) return failure;
  const int done = wolfSSL_CTX_use_PrivateKey_buffer(
      handle_, data_of(pem), static_cast<long>(pem.size()), WOLFSSL_FILETYPE_PEM);
  if (done != WOLFSSL_SUCCESS) {
    return ContextFailure{Option::Key, file, "not a private key: " + error_text(done)};
  }
  if (auto failure = check_identity(*this)) {
    return ContextFailure{Option::Key, file, "does not belong to the certificate: " + *failure};
  }
  return std::nullopt;
}

}  // namespace dotring::tls
