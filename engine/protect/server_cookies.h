// Server cookies that say of a client's address that it is its own (RFC 7873), in the interoperable
// form (RFC 9018): version, reserved, time, SipHash-2-4 of it all with the client's address.
//
// What it is: pure; servers that share secrets and time accept each other's cookies. A second
// secret is still accepted while the first one is being rolled out (RFC 9018, 5).

#pragma once

#include <array>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"

namespace dotring::protect {

enum class CookieState : uint8_t {
  None,     ///< no cookie option
  Missing,  ///< a client cookie alone
  Invalid,  ///< somebody else's server cookie, or one of another time
  Valid,
};
inline constexpr size_t kCookieStates = 4;

class ServerCookies {
 public:
  struct Options {
    uint32_t valid_s = 3600;  ///< RFC 9018, 4.3
    uint32_t ahead_s = 300;   ///< of other servers' clocks
    uint32_t renew_s = 1800;  ///< an older one is replaced by a new one
  };
  /// 16 octets in the order of their file.
  using Secret = std::array<uint8_t, 16>;
  static constexpr size_t kClientSize = 8;
  static constexpr size_t kSize = 24;
  /// Client cookie and server cookie, as the option holds them.
  using Cookie = std::array<uint8_t, kSize>;

  struct Judged {
    CookieState state;
    Cookie reply;  ///< unset for CookieState::None
  };

  /// The first secret makes cookies, all of them check. At least one.
  ServerCookies(const Options& options, const std::vector<Secret>& secrets);

  /// `option`: what the query's COOKIE option holds; of an impossible size it counts as none.
  /// `wall_s`: seconds since 1970.
  Judged judge(Bytes option, const IpAddress& client, uint32_t wall_s) const;

 private:
  static uint64_t hash(const HashKey& key, Bytes before_hash, const IpAddress& client);
  bool in_time(uint32_t made_s, uint32_t wall_s) const;
  bool is_young(uint32_t made_s, uint32_t wall_s) const;
  const HashKey* maker_of(Bytes option, const IpAddress& client, uint32_t wall_s) const;
  Cookie make(Bytes client_cookie, const IpAddress& client, uint32_t wall_s) const;

  const Options options_;
  std::vector<HashKey> keys_;
};

}  // namespace dotring::protect
