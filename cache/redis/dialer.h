// Opens streams to servers: plain ones (plain_dialer.h), or TLS where the programs add it.
//
// This room knows no TLS; whoever builds it hands over what makes the streams.

#pragma once

#include <memory>
#include <string>

#include "engine/base/address.h"
#include "engine/io/byte_stream.h"

namespace dotring::cache::redis {

/// Where a server listens.
struct Address {
  Endpoint endpoint;
  std::string unix_path;  ///< not empty: a unix socket, and `endpoint` says nothing

  /// "192.0.2.1:6379" or "unix:/run/redis.sock".
  std::string to_text() const {
    return unix_path.empty() ? endpoint.to_text() : "unix:" + unix_path;
  }
  friend bool operator==(const Address&, const Address&) = default;
};

class Dialer {
 public:
  virtual ~Dialer() = default;

  /// A stream that has started to connect; on_open() or on_closed() of `handler` follows, never
  /// from inside this call. The stream is destroyed in or after on_closed(). Timeouts of its own
  /// must be longer than Options::connect_timeout_ms, which is the one that counts; its send queue
  /// must hold Options::write_queue_max and one command more.
  virtual std::unique_ptr<io::ByteStream> dial(const Address& address,
                                               io::StreamHandler& handler) = 0;
};

}  // namespace dotring::cache::redis
