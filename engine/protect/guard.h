// What a query meets before anything is looked up for it: access list, cookie, rate limit; and what
// its reply meets before it is sent: the limit on equal replies.
//
//   dropped network -> Drop
//   over the rate   -> Drop; each `slip`-th one is answered in a way that only helps real clients
//   refused network -> Refuse, by the access list or by that of the listener
//   cookie required -> BadCookie
//   else            -> Serve
//
// What it is: one per worker, over parts that all workers share; a part that is null is off and
// costs one branch. What it is not: the writing of replies (query/pipeline.h).

#pragma once

#include <functional>
#include <optional>

#include "engine/base/turn_clock.h"
#include "engine/protect/access_list.h"
#include "engine/protect/listener_access.h"
#include "engine/protect/response_limiter.h"
#include "engine/protect/statistics.h"

namespace dotring::protect {

/// What a client over its rate gets. Answers to addresses that may be forged are given to each
/// `slip`-th query only.
enum class OverRate : uint8_t { Truncate, Refuse, Drop };

class Guard {
 public:
  struct Options {
    OverRate over_rate = OverRate::Truncate;
    /// 0: none is answered; 1: all are.
    uint32_t slip = 2;
    /// Clients that send a cookie by UDP must send a valid one; those that know none are served.
    bool cookie_required = false;
  };
  /// They outlive the guard.
  struct Parts {
    const AccessList* access = nullptr;
    RateLimiter* rate = nullptr;
    const ServerCookies* cookies = nullptr;
    /// Seconds since 1970: asked at most once per second, while there are cookies.
    std::function<uint64_t()> wall_s;
    const ListenerAccess* listeners = nullptr;
    ResponseLimiter* responses = nullptr;
  };
  struct Client {
    const IpAddress& address;
    bool udp;
    Bytes cookie;           ///< what the query's COOKIE option holds
    uint16_t listener = 0;  ///< who was asked
  };
  struct Judgement {
    Action action = Action::Serve;
    /// Not served for its rate or its cookie; else for its address.
    bool limited = false;
    /// By TCP, or with a valid cookie: the address is its own.
    bool proven = false;
    /// For the reply's OPT; nothing: no cookie.
    std::optional<ServerCookies::Cookie> cookie;
  };

  Guard(const Options& options, Parts parts, const TurnClock& clock)
      : options_(options), parts_(std::move(parts)), clock_(clock) {}

  /// From now on judges by these; what it has counted stays.
  void replace(const Options& options, Parts parts) {
    options_ = options;
    parts_ = std::move(parts);
  }
  /// All of it is off.
  bool idle() const {
    return !parts_.access && !parts_.listeners && !parts_.rate && !parts_.cookies &&
           !parts_.responses;
  }
  Judgement judge(const Client& client);
  /// Replies are judged too, before they are sent.
  bool limits_replies() const { return parts_.responses != nullptr; }
  /// Serve, Truncate or Drop: what is done with a reply to an address that nobody has proved. It
  /// may have been asked for before replies were limited no more.
  Action judge_reply(const IpAddress& client, const dns::QueryView& query, Bytes reply);
  const Statistics& statistics() const { return statistics_; }

 private:
  CookieState judge_cookie(const Client& client, Judgement& judgement);
  Action over_rate(Proof proof, CookieState cookie);
  Action over_rate_unproven(CookieState cookie);
  uint32_t wall_s();

  Options options_;
  Parts parts_;
  const TurnClock& clock_;
  Statistics statistics_;
  uint32_t slipped_ = 0;
  uint32_t replies_slipped_ = 0;
  uint32_t wall_s_ = 0;
  uint64_t wall_read_s_ = UINT64_MAX;
};

}  // namespace dotring::protect
