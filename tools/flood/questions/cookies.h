// DNS cookies (RFC 7873) of a lane's clients: each has a client cookie of its own, and sends back
// the server cookie that it was given last.
//
// A client cookie comes of the seed and the client's number alone, so that the same seed sends the
// same. A server cookie that came without the client's own cookie is not believed (5.3).

#pragma once

#include <array>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/keyed_hash.h"
#include "tools/flood/questions/query_form.h"

namespace dotring::flood {

class Cookies {
 public:
  Cookies(const HashKey& seed, uint32_t clients) : seed_(seed), server_cookies_(clients) {}

  /// Writes the client's cookies to a message that ends with the room for a client cookie, as
  /// make_query() makes it; `option_octets` is the size of its options, that one included. Valid
  /// until the next call.
  MutableBytes put(uint32_t client, MutableBytes message, size_t option_octets);
  /// Remembers the server cookie of an answer, if there is one.
  void learn(uint32_t client, Bytes answer);

 private:
  static constexpr size_t kServerCookieMin = 8, kServerCookieMax = 32;

  struct ServerCookie {
    uint8_t size = 0;
    std::array<uint8_t, kServerCookieMax> octets;
  };
  using ClientCookie = std::array<uint8_t, kClientCookieSize>;

  ClientCookie client_cookie(uint32_t client) const;

  const HashKey seed_;
  std::vector<ServerCookie> server_cookies_;
  std::vector<uint8_t> message_;
};

}  // namespace dotring::flood
