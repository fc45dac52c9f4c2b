// Opens streams to one server: TLS in the programs (tls_dialer.h), simulated ones in tests.

#pragma once

#include <memory>

#include "engine/io/byte_stream.h"

namespace dotring::upstream {

/// What is known of a stream that closed before it opened, besides its CloseReason.
enum class DialFailure : uint8_t {
  Other,
  TicketDeclined,      ///< the server is well: dialling again at once gets a full handshake
  CertificateRefused,  ///< the server did not prove who it is
};

class Dialer {
 public:
  virtual ~Dialer() = default;

  /// A stream that has started to connect; on_open() or on_closed() of `handler` follows, never
  /// from inside this call. The stream is destroyed in or after on_closed().
  virtual std::unique_ptr<io::ByteStream> dial(io::StreamHandler& handler) = 0;

  /// Whether the handshake of this open stream, made here, resumed an earlier session.
  virtual bool resumed(const io::ByteStream& stream) const = 0;

  /// Of a stream, made here, that closed before it opened.
  virtual DialFailure failure(const io::ByteStream& stream) const = 0;
};

}  // namespace dotring::upstream
