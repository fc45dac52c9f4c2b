#include "engine/protect/guard.h"

namespace dotring::protect {
namespace {

/// It understands cookies and has no valid one: told one, it can come back.
bool wants_cookie(CookieState state) {
  return state == CookieState::Missing || state == CookieState::Invalid;
}

void count(std::array<Counter, kActions>& counters, Action action) {
  counters[static_cast<size_t>(action)].add();
}

}  // namespace

uint32_t Guard::wall_s() {
  if (clock_.now_s() != wall_read_s_) {
    wall_read_s_ = clock_.now_s();
    wall_s_ = static_cast<uint32_t>(parts_.wall_s());
  }
  return wall_s_;
}

CookieState Guard::judge_cookie(const Client& client, Judgement& judgement) {
  if (!parts_.cookies) return CookieState::None;
  CookieState state = CookieState::None;
  if (!client.cookie.empty()) {
    const ServerCookies::Judged judged =
        parts_.cookies->judge(client.cookie, client.address, wall_s());
    state = judged.state;
    if (state != CookieState::None) judgement.cookie = judged.reply;
  }
  if (client.udp) statistics_.cookies[static_cast<size_t>(state)].add();
  return state;
}

Action Guard::over_rate_unproven(CookieState cookie) {
  if (options_.over_rate == OverRate::Drop || options_.slip == 0) return Action::Drop;
  if (++slipped_ < options_.slip) return Action::Drop;
  slipped_ = 0;
  if (wants_cookie(cookie)) return Action::BadCookie;
  return options_.over_rate == OverRate::Truncate ? Action::Truncate : Action::Refuse;
}

// A client that is who it says is refused in so many words: over TCP there is no way to truncate.
Action Guard::over_rate(Proof proof, CookieState cookie) {
  const Action proven = options_.over_rate == OverRate::Drop ? Action::Drop : Action::Refuse;
  const Action action = proof == Proof::Address ? proven : over_rate_unproven(cookie);
  count(statistics_.by_rate[static_cast<size_t>(proof)], action);
  return action;
}

Guard::Judgement Guard::judge(const Client& client) {
  Judgement judgement;
  const Access access = parts_.access ? parts_.access->of(client.address) : Access::Allow;
  if (access == Access::Drop) {
    count(statistics_.by_access, Action::Drop);
    judgement.action = Action::Drop;
    return judgement;
  }
  const CookieState cookie = judge_cookie(client, judgement);
  const bool proven = !client.udp || cookie == CookieState::Valid;
  judgement.proven = proven;
  const Proof proof = proven ? Proof::Address : Proof::None;
  if (parts_.rate && !parts_.rate->take(client.address, proof, clock_.now_us)) {
    judgement.action = over_rate(proof, cookie);
    judgement.limited = true;
  } else if (access == Access::Refuse) {
    count(statistics_.by_access, Action::Refuse);
    judgement.action = Action::Refuse;
  } else if (parts_.listeners && !parts_.listeners->allows(client.listener, client.address)) {
    statistics_.by_listener.add();
    judgement.action = Action::Refuse;
  } else if (options_.cookie_required && client.udp && wants_cookie(cookie)) {
    statistics_.cookie_required.add();
    judgement.action = Action::BadCookie;
    judgement.limited = true;
  }
  return judgement;
}

Action Guard::judge_reply(const IpAddress& client, const dns::QueryView& query, Bytes reply) {
  if (!parts_.responses) return Action::Serve;
  const ReplyKind kind = kind_of(reply);
  if (parts_.responses->take(client, query, reply, kind, clock_.now_us)) return Action::Serve;
  const uint32_t slip = parts_.responses->options().slip;
  const bool slips = slip > 0 && ++replies_slipped_ >= slip;
  if (slips) replies_slipped_ = 0;
  const Action action = slips ? Action::Truncate : Action::Drop;
  count(statistics_.by_reply[static_cast<size_t>(kind)], action);
  return action;
}

}  // namespace dotring::protect
