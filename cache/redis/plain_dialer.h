// Streams without TLS: TCP, or a unix socket. Loop outlives the dialer and its streams.

#pragma once

#include "cache/redis/dialer.h"
#include "engine/io/tcp_stream.h"

namespace dotring::cache::redis {

class PlainDialer final : public Dialer {
 public:
  /// The timeout for connecting is longer than ConnectionOptions::connect_timeout_ms, which is the
  /// one that counts.
  struct Options {
    io::TcpStream::Options tcp{.send_queue_max = 2 << 20, .connect_timeout_ms = 60'000};
  };

  PlainDialer(io::Loop& loop, const Options& options) : loop_(loop), options_(options) {}

  std::unique_ptr<io::ByteStream> dial(const Address& address, io::StreamHandler& handler) override;

 private:
  io::Loop& loop_;
  const Options options_;
};

}  // namespace dotring::cache::redis
