#include "tls/upstream/tls_dialer.h"

#include "tls/tls_over_tcp.h"

namespace dotring::upstream {
namespace {

const tls::TlsStream& tls_of(const io::ByteStream& stream) {
  return static_cast<const tls::TlsOverTcp&>(stream).tls();
}

}  // namespace

TlsDialer::TlsDialer(io::Loop& loop, const tls::ClientContext& context, const ServerOptions& server,
                     const Options& options, tls::TlsStatistics& statistics)
    : loop_(loop), context_(context), server_(server), options_(options), statistics_(statistics) {
  forget_keys_.bind<&TlsDialer::on_forget_keys>(this);
}

std::unique_ptr<io::ByteStream> TlsDialer::dial(io::StreamHandler& handler) {
  auto stream = std::make_unique<tls::TlsOverTcp>(loop_, options_.tcp, options_.tls, statistics_);
  loop_.timers().arm_in(forget_keys_, options_.forget_keys_after_ms);
  stream->set_handler(&handler);
  stream->connect(context_, server_.trust, &tickets_, server_.endpoint);
  return stream;
}

// The keys of another server's handshake are made again, should one be under way.
void TlsDialer::on_forget_keys() {
  tls::Library::forget_keys();
}

bool TlsDialer::resumed(const io::ByteStream& stream) const {
  return tls_of(stream).resumed();
}

DialFailure TlsDialer::failure(const io::ByteStream& stream) const {
  using Kind = tls::Session::FailureKind;
  const std::optional<Kind> kind = tls_of(stream).failure();
  if (kind == Kind::TicketDeclined) return DialFailure::TicketDeclined;
  if (kind == Kind::Untrusted) return DialFailure::CertificateRefused;
  return DialFailure::Other;
}

}  // namespace dotring::upstream
