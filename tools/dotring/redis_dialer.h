// Streams to Redis over TLS, verified like an upstream's.

#pragma once

#include "cache/redis/plain_dialer.h"
#include "tls/tls_stream.h"

namespace dotring::appliance {

class RedisTlsDialer final : public cache::redis::Dialer {
 public:
  struct Options {
    io::TcpStream::Options tcp = cache::redis::PlainDialer::Options().tcp;
    tls::TlsStream::Options tls{.handshake_timeout_ms = 60'000};
    /// In every server's certificate; empty: the address that was dialled.
    std::string server_name;
  };

  /// Loop, context and statistics outlive the dialer and its streams.
  RedisTlsDialer(io::Loop& loop, const tls::ClientContext& context, const Options& options,
                 tls::TlsStatistics& statistics)
      : loop_(loop), context_(context), options_(options), statistics_(statistics) {}

  std::unique_ptr<io::ByteStream> dial(const cache::redis::Address& address,
                                       io::StreamHandler& handler) override;

 private:
  io::Loop& loop_;
  const tls::ClientContext& context_;
  const Options options_;
  tls::TlsStatistics& statistics_;
};

}  // namespace dotring::appliance
