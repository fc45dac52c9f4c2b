#include "tools/dotring/redis_dialer.h"

namespace dotring::appliance {
namespace {

// Both layers and what the server must prove, as one object: they live and end together.
class TlsOverTcp final : public io::ByteStream {
 public:
  TlsOverTcp(io::Loop& loop, const RedisTlsDialer::Options& options, tls::TlsStatistics& statistics)
      : tcp_(loop, options.tcp), tls_(loop, tcp_, options.tls, statistics) {}

  void connect(const tls::ClientContext& context, const Endpoint& endpoint,
               const std::string& server_name) {
    trust_.authentication_name = server_name.empty() ? endpoint.address.to_text() : server_name;
    tls_.start_client(context, trust_, nullptr);
    tcp_.connect(endpoint);
  }

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
  tls::Trust trust_;
  io::TcpStream tcp_;
  tls::TlsStream tls_;
};

}  // namespace

std::unique_ptr<io::ByteStream> RedisTlsDialer::dial(const cache::redis::Address& address,
                                                     io::StreamHandler& handler) {
  auto stream = std::make_unique<TlsOverTcp>(loop_, options_, statistics_);
  stream->set_handler(&handler);
  stream->connect(context_, address.endpoint, options_.server_name);
  return stream;
}

}  // namespace dotring::appliance
