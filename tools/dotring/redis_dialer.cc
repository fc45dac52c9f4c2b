#include "tools/dotring/redis_dialer.h"

#include "tls/tls_over_tcp.h"

namespace dotring::appliance {
namespace {

// With what the server must prove, which differs by address where no name is configured.
class Connection final : public tls::TlsOverTcp {
 public:
  using TlsOverTcp::TlsOverTcp;

  void connect_to(const tls::ClientContext& context, const Endpoint& endpoint,
                  const std::string& server_name) {
    trust_.authentication_name = server_name.empty() ? endpoint.address.to_text() : server_name;
    connect(context, trust_, nullptr, endpoint);
  }

 private:
  tls::Trust trust_;
};

}  // namespace

std::unique_ptr<io::ByteStream> RedisTlsDialer::dial(const cache::redis::Address& address,
                                                     io::StreamHandler& handler) {
  auto stream = std::make_unique<Connection>(loop_, options_.tcp, options_.tls, statistics_);
  stream->set_handler(&handler);
  stream->connect_to(context_, address.endpoint, options_.server_name);
  return stream;
}

}  // namespace dotring::appliance
