// Makes a byte stream of an accepted connection: plain TCP here, TLS in whoever may use tls.

#pragma once

#include <memory>

#include "engine/io/tcp_stream.h"

namespace dotring::listen {

class StreamFactory {
 public:
  /// The stream owns `descriptor` from now on. It may still have a handshake to do: then nothing is
  /// delivered before that is done, and it ends by itself when it takes too long.
  virtual std::unique_ptr<io::ByteStream> make(int descriptor) = 0;

 protected:
  ~StreamFactory() = default;
};

class PlainStreamFactory final : public StreamFactory {
 public:
  PlainStreamFactory(io::Loop& loop, const io::TcpStream::Options& options)
      : loop_(loop), options_(options) {}

  std::unique_ptr<io::ByteStream> make(int descriptor) override {
    auto stream = std::make_unique<io::TcpStream>(loop_, options_);
    stream->adopt(descriptor);
    return stream;
  }

 private:
  io::Loop& loop_;
  const io::TcpStream::Options options_;
};

}  // namespace dotring::listen
