// What many TLS sessions share: trust anchors, certificate and key, versions, ciphers and groups.
//
// Contexts may be shared by all threads, are made by main and outlive their sessions. open() says
// which of their options is wrong, and why.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"

struct WOLFSSL_CTX;

namespace dotring::tls {

/// Starts and ends wolfSSL. main owns one, made before and destroyed after everything of tls.
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// Frees what wolfSSL keeps per thread. A thread that used TLS calls it before it ends.
  static void leave_thread();
  /// Frees the tables of public keys that full handshakes leave behind on this thread, 2.7 MB. The
  /// next one makes them again, in 6 ms.
  static void forget_keys();
};

struct ClientOptions {
  /// PEM file with trust anchors; empty: the system's trust store.
  std::string ca_file;
  /// The same as PEM text (tests, embedded stores); used when `ca_file` is empty and this is not.
  std::string ca_pem;
  /// False: no trust anchors at all, for clients that go by pins alone or are opportunistic. A name
  /// cannot be verified then, and never is.
  bool trust_anchors = true;
  /// Offered in this order (RFC 7858 uses "dot"); empty: no ALPN.
  std::vector<std::string> alpn = {"dot"};
  /// wolfSSL's names, colon-separated, in order of preference; empty: the default order.
  std::string ciphers;
  /// TLS 1.2 is allowed, and 1.3 preferred, unless one of these is set (RFC 9325).
  bool tls13_only = false;
  bool tls12_only = false;

  friend bool operator==(const ClientOptions&, const ClientOptions&) = default;
};

struct ServerOptions {
  /// PEM files. The chain starts with the server's own certificate.
  std::string certificate_file;
  std::string key_file;
  /// The same as PEM text; used when the files are empty.
  std::string certificate_pem;
  std::string key_pem;
  std::vector<std::string> alpn = {"dot"};
  std::string ciphers;
  bool tls13_only = false;
  bool tls12_only = false;
  /// Gives tickets, so that clients can resume.
  bool tickets = true;
};

/// Why a context cannot be used.
struct ContextFailure {
  /// What is wrong; None: none of the options (no memory, a TLS version that is not built in).
  enum class Option : uint8_t { None, TrustAnchors, Ciphers, Certificate, Key };
  Option option = Option::None;
  std::string value;  ///< the file or the ciphers; empty: PEM text, or the system's trust store
  std::string cause;

  /// "ca_file "PATH": cause".
  std::string text() const;
};

/// One wolfSSL context: what client and server have in common.
class Context {
 public:
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  WOLFSSL_CTX* handle() const { return handle_; }
  /// Comma-separated, as wolfSSL takes it.
  const std::string& alpn() const { return alpn_; }

 protected:
  Context() = default;
  ~Context();

  std::optional<ContextFailure> set_up(const std::vector<std::string>& alpn,
                                       const std::string& ciphers, bool tls13_only,
                                       bool tls12_only);

  WOLFSSL_CTX* handle_ = nullptr;
  std::string alpn_;
};

class ClientContext final : public Context {
 public:
  /// Once, before the first session. Not null: why it cannot be used.
  std::optional<ContextFailure> open(const ClientOptions& options);
  /// Of the trust anchors as they were read: others have another one. 0 where they are none, or
  /// come from a folder.
  size_t anchors_digest() const { return anchors_digest_; }

 private:
  std::optional<ContextFailure> load_trust_anchors(const ClientOptions& options);
  std::optional<ContextFailure> load_system_trust_store();
  int add_trust_anchors(const std::string& pem);

  size_t anchors_digest_ = 0;
};

class ServerContext final : public Context {
 public:
  std::optional<ContextFailure> open(const ServerOptions& options);

 private:
  std::optional<ContextFailure> load_certificate(const ServerOptions& options);
  std::optional<ContextFailure> load_key(const ServerOptions& options);
};

}  // namespace dotring::tls
