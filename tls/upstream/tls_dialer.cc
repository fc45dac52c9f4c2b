#include "tls/upstream/tls_dialer.h"

namespace dotring::upstream {
namespace {

// Both layers as one object, so that they live and end together.
class TlsOverTcp final : public io::ByteStream {
 public:
  TlsOverTcp(io::Loop& loop, const TlsDialer::Options& options, tls::TlsStatistics& statistics)
      : tcp_(loop, options.tcp), tls_(loop, tcp_, options.tls, statistics) {}

  void connect(const tls::ClientContext& context, const ServerOptions& server,
               tls::TicketStore& tickets) {
    tls_.start_client(context, server.trust, &tickets);
    tcp_.connect(server.endpoint);
  }
  const tls::TlsStream& tls() const { return tls_; }

  void set_handler(io::StreamHandler* handler) override { tls_.set_handler(handler); }
  MutableBytes reserve(size_t size) override { return tls_.reserve(size); }
  void commit(size_t size) override { tls_.commit(size); }
  size_t bytes_queued() const override { return tls_.bytes_queued(); }
  void pause_reading() override { tls_.pause_reading(); }
  void resume_reading() override { tls_.resume_reading(); }
  void close() override { tls_.close(); }
  void abort() override { tls_.abort(); }
  bool active() const override { return tls_.active(); }

 private:
  io::TcpStream tcp_;
  tls::TlsStream tls_;
};

const tls::TlsStream& tls_of(const io::ByteStream& stream) {
  return static_cast<const TlsOverTcp&>(stream).tls();
}

}  // namespace

TlsDialer::TlsDialer(io::Loop& loop, const tls::ClientContext& context, const ServerOptions& server,
                     const Options& options, tls::TlsStatistics& statistics)
    : loop_(loop), context_(context), server_(server), options_(options), statistics_(statistics) {
  forget_keys_.bind<&TlsDialer::on_forget_keys>(this);
}

std::unique_ptr<io::ByteStream> TlsDialer::dial(io::StreamHandler& handler) {
  auto stream = std::make_unique<TlsOverTcp>(loop_, options_, statistics_);
  loop_.timers().arm_in(forget_keys_, options_.forget_keys_after_ms);
  stream->set_handler(&handler);
  stream->connect(context_, server_, tickets_);
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
