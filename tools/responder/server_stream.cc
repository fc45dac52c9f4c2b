#include "tools/responder/server_stream.h"

#include <sys/socket.h>

namespace dotring::responder {

ServerStream::ServerStream(io::Loop& loop, const io::TcpStream::Options& options, int descriptor)
    : loop_(loop), descriptor_(descriptor), tcp_(loop, options) {
  tcp_.adopt(descriptor);
}

void ServerStream::use_tls(const tls::ServerContext& context,
                           const tls::TlsStream::Options& options, tls::TlsStatistics& statistics) {
  context_ = &context;
  tls_.emplace(loop_, tcp_, options, statistics);
}

void ServerStream::set_handler(io::StreamHandler* handler) {
  top().set_handler(handler);
  if (tls_) tls_->start_server(*context_);
}

// A close() with a linger time of zero resets the connection (socket(7), SO_LINGER).
void ServerStream::reset_when_closed() {
  const linger at_once{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::unique_ptr<io::ByteStream> ServerStreamFactory::make(int descriptor) {
  auto stream = std::make_unique<ServerStream>(loop_, options_.tcp, descriptor);
  if (context_) begin(*stream);
  return stream;
}

void ServerStreamFactory::begin(ServerStream& stream) {
  switch (options_.fault) {
    case TlsFault::None:
      return stream.use_tls(*context_, options_.tls, statistics_);
    case TlsFault::Silent:  // a ClientHello is shorter than the frame that its first octets
                            // announce
      return;
    case TlsFault::Garbage:
      stream.send(bytes_of("\r\n220 this is not TLS\r\n"));
      return;
    case TlsFault::Close:
      return stream.close();
  }
}

}  // namespace dotring::responder
