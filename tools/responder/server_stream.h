// A client's connection: TCP, or TLS over it, with what a server may do wrong to a connection.
//
// Every connection of the responder is a ServerStream, so whoever handles a query may take the
// stream of its session for one.

#pragma once

#include <optional>

#include "engine/io/tcp_stream.h"
#include "engine/listen/stream_factory.h"
#include "tls/tls_stream.h"

namespace dotring::responder {

/// What happens to a TLS connection before any query.
enum class TlsFault : uint8_t {
  None,
  Silent,   ///< accepted, then nothing: no handshake
  Garbage,  ///< octets that are not TLS
  Close,    ///< closed at once, in order
};

class ServerStream final : public io::ByteStream {
 public:
  /// Plain TCP; owns `descriptor`.
  ServerStream(io::Loop& loop, const io::TcpStream::Options& options, int descriptor);

  /// The connection becomes TLS as soon as it has a handler. Right after construction.
  void use_tls(const tls::ServerContext& context, const tls::TlsStream::Options& options,
               tls::TlsStatistics& statistics);
  /// The connection ends with a reset, not in order, when it is closed or aborted now.
  void reset_when_closed();
  /// True after stall(): nothing that was asked or will be asked here is to be answered.
  bool stalled() const { return stalled_; }
  void stall() { stalled_ = true; }

  /// Once.
  void set_handler(io::StreamHandler* handler) override;
  MutableBytes reserve(size_t size) override { return top().reserve(size); }
  void commit(size_t size) override { top().commit(size); }
  size_t bytes_queued() const override { return top().bytes_queued(); }
  void pause_reading() override { top().pause_reading(); }
  void resume_reading() override { top().resume_reading(); }
  void close() override { top().close(); }
  void abort() override { top().abort(); }
  bool active() const override { return top().active(); }

 private:
  io::ByteStream& top() { return tls_ ? static_cast<io::ByteStream&>(*tls_) : tcp_; }
  const io::ByteStream& top() const { return const_cast<ServerStream*>(this)->top(); }

  io::Loop& loop_;
  const int descriptor_;
  bool stalled_ = false;
  const tls::ServerContext* context_ = nullptr;
  io::TcpStream tcp_;
  std::optional<tls::TlsStream> tls_;
};

/// Makes the connections of one listener.
class ServerStreamFactory final : public listen::StreamFactory {
 public:
  struct Options {
    io::TcpStream::Options tcp;
    tls::TlsStream::Options tls;
    TlsFault fault = TlsFault::None;  ///< of TLS connections
  };

  /// `context` null: plain TCP.
  ServerStreamFactory(io::Loop& loop, const Options& options, const tls::ServerContext* context)
      : loop_(loop), options_(options), context_(context) {}

  std::unique_ptr<io::ByteStream> make(int descriptor) override;
  const tls::TlsStatistics& statistics() const { return statistics_; }

 private:
  void begin(ServerStream& stream);

  io::Loop& loop_;
  const Options options_;
  const tls::ServerContext* context_;
  tls::TlsStatistics statistics_;
};

}  // namespace dotring::responder
