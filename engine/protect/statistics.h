// What one worker's guard counts. One writer, gathered by whoever asks.

#pragma once

#include "engine/base/counter.h"
#include "engine/protect/rate_limiter.h"
#include "engine/protect/response_limiter.h"
#include "engine/protect/server_cookies.h"

namespace dotring::protect {

/// What is done with a query.
enum class Action : uint8_t {
  Serve,
  Drop,
  Refuse,     ///< REFUSED, with extended error 18
  Truncate,   ///< TC and no records: whoever can be reached there comes back over TCP
  BadCookie,  ///< BADCOOKIE, with a cookie to come back with (RFC 7873, 5.2.3)
};
inline constexpr size_t kActions = 5;

struct Statistics {
  /// By Action; nothing is counted for Action::Serve.
  std::array<Counter, kActions> by_access;  ///< networks that may not ask
  Counter by_listener;                      ///< refused by the list of the listener that they asked
  std::array<std::array<Counter, kActions>, kProofs> by_rate;  ///< over the limit, by Proof too
  /// Replies that were one too many, by ReplyKind too: Truncate or Drop.
  std::array<std::array<Counter, kActions>, kReplyKinds> by_reply;
  Counter cookie_required;  ///< BADCOOKIE to clients within their limit
  /// Queries by UDP, by CookieState; counted while there are cookies.
  std::array<Counter, kCookieStates> cookies;
};

}  // namespace dotring::protect
