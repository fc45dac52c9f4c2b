#include "tls/upstream/tls_dialer.h"

#include "tls/tls_over_tcp.h"

namespace dotring::upstream {
namespace {

struct Tickets {
  std::shared_ptr<tls::TicketStore> tickets;
};

/// Its tickets outlive it, wherever its dialer puts those of later streams.
class Stream final : private Tickets, public tls::TlsOverTcp {
 public:
  Stream(io::Loop& loop, const TlsDialer::Options& options, tls::TlsStatistics& statistics,
         std::shared_ptr<tls::TicketStore> store)
      : Tickets{std::move(store)}, TlsOverTcp(loop, options.tcp, options.tls, statistics) {}

  void connect_to(const tls::ClientContext& context, const ServerOptions& server) {
    connect(context, server.trust, tickets.get(), server.endpoint);
  }
};

const tls::TlsStream& tls_of(const io::ByteStream& stream) {
  return static_cast<const tls::TlsOverTcp&>(stream).tls();
}

}  // namespace

TlsDialer::TlsDialer(io::Loop& loop, const tls::ClientContext& context, const ServerOptions& server,
                     const Options& options, tls::TlsStatistics& statistics)
    : loop_(loop),
      context_(&context),
      server_(server),
      options_(options),
      statistics_(statistics),
      tickets_(std::make_shared<tls::TicketStore>()) {
  forget_keys_.bind<&TlsDialer::on_forget_keys>(this);
}

std::unique_ptr<io::ByteStream> TlsDialer::dial(io::StreamHandler& handler) {
  auto stream = std::make_unique<Stream>(loop_, options_, statistics_, tickets_);
  loop_.arm_in(forget_keys_, options_.forget_keys_after_ms);
  stream->set_handler(&handler);
  stream->connect_to(*context_, server_);
  return stream;
}

void TlsDialer::set_context(const tls::ClientContext& context) {
  context_ = &context;
  tickets_ = std::make_shared<tls::TicketStore>();
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
