// Streams of TLS over TCP to one server, with the tickets of earlier ones.
//
// The Multiplexer owns its dialers. Loop, context and statistics outlive it.

#pragma once

#include "engine/io/tcp_stream.h"
#include "tls/resumption.h"
#include "tls/tls_stream.h"
#include "tls/upstream/dialer.h"
#include "tls/upstream/options.h"

namespace dotring::upstream {

class TlsDialer final : public Dialer {
 public:
  /// The timeouts for connecting are longer than ConnectionOptions::connect_timeout_ms, which is
  /// the one that counts.
  struct Options {
    io::TcpStream::Options tcp{.connect_timeout_ms = 60'000};
    tls::TlsStream::Options tls{.handshake_timeout_ms = 60'000};
    /// So long after the last dial what the thread knows of public keys is forgotten: kept for
    /// handshakes in a burst, and not for hours without any.
    uint64_t forget_keys_after_ms = 5000;
  };

  TlsDialer(io::Loop& loop, const tls::ClientContext& context, const ServerOptions& server,
            const Options& options, tls::TlsStatistics& statistics);

  /// For streams from now on, without the tickets of earlier ones: what they proved was proved to
  /// other trust anchors.
  void set_context(const tls::ClientContext& context);

  std::unique_ptr<io::ByteStream> dial(io::StreamHandler& handler) override;
  bool resumed(const io::ByteStream& stream) const override;
  DialFailure failure(const io::ByteStream& stream) const override;

 private:
  void on_forget_keys();

  io::Loop& loop_;
  const tls::ClientContext* context_;
  const ServerOptions server_;
  const Options options_;
  tls::TlsStatistics& statistics_;
  std::shared_ptr<tls::TicketStore> tickets_;  ///< streams hold theirs
  Timer forget_keys_;
};

}  // namespace dotring::upstream
