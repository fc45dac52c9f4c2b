#include "cache/redis/plain_dialer.h"

namespace dotring::cache::redis {

std::unique_ptr<io::ByteStream> PlainDialer::dial(const Address& address,
                                                  io::StreamHandler& handler) {
  auto stream = std::make_unique<io::TcpStream>(loop_, options_.tcp);
  stream->set_handler(&handler);
  if (address.unix_path.empty()) {
    stream->connect(address.endpoint);
  } else {
    stream->connect_unix(address.unix_path);
  }
  return stream;
}

}  // namespace dotring::cache::redis
