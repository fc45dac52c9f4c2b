// What many TLS sessions share: trust anchors, certificate and key, versions and ciphers.
//
// Contexts may be shared by all threads and must outlive their sessions. Library outlives both.

#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/bytes.h"

struct WOLFSSL_CTX;

namespace dotring::tls {

/// Starts and ends wolfSSL. main owns one (several are counted).
class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

struct ClientOptions {
  /// PEM file with trust anchors; empty: the system's trust store.
  std::string ca_file;
  /// Offered in this order (RFC 7858 uses "dot"); empty: no ALPN.
  std::vector<std::string> alpn = {"dot"};
  /// In order of preference; empty: the default order, ChaCha20-Poly1305 first.
  std::string ciphers;
  /// Refuses TLS 1.2.
  bool tls13_only = false;
};

struct ServerOptions {
  /// PEM files, or, when the files are empty, PEM text. The chain starts with the server's own certificate.
  std::string certificate_file;
  std::string key_file;
  std::string certificate_pem;
  std::string key_pem;
  std::vector<std::string> alpn = {"dot"};
  std::string ciphers;
  bool tls13_only = false;
};

class ClientContext;
class ServerContext;

}  // namespace dotring::tls
