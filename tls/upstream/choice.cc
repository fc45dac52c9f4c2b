#include "tls/upstream/choice.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace dotring::upstream {
namespace {

constexpr ServerSet bit(size_t index) {
  return ServerSet{1} << index;
}

ServerSet with_readiness(std::span<const Standing> standings, Readiness readiness) {
  ServerSet set = 0;
  for (size_t i = 0; i < standings.size(); ++i) {
    if (standings[i].readiness == readiness) set |= bit(i);
  }
  return set;
}

size_t first_of(ServerSet set) {
  return static_cast<size_t>(std::countr_zero(set));
}

size_t nth_of(ServerSet set, uint32_t n) {
  while (n-- > 0) set &= set - 1;
  return first_of(set);
}

// Latency times load: what a further query is likely to wait. Unknown latency is worth a look.
uint64_t cost_of(const Standing& standing) {
  return standing.round_trip_us * (standing.in_flight + 1);
}

}  // namespace

Choice::Choice(Policy policy, const std::vector<ServerOptions>& servers)
    : policy_(policy), credits_(servers.size(), 0) {
  assert(servers.size() <= kServersMax);
  for (const ServerOptions& server : servers) weights_.push_back(server.weight);
}

std::optional<size_t> Choice::choose(std::span<const Standing> standings, ServerSet asked,
                                     ServerSet excluded, Random& random) {
  for (const Readiness readiness : {Readiness::Ready, Readiness::Doubtful}) {
    const ServerSet able = with_readiness(standings, readiness) & ~excluded;
    const ServerSet fresh = able & ~asked;
    if (fresh) return by_policy(standings, fresh, random);
    if (able) return by_policy(standings, able, random);
  }
  return std::nullopt;
}

size_t Choice::by_policy(std::span<const Standing> standings, ServerSet equals, Random& random) {
  if (std::has_single_bit(equals)) return first_of(equals);
  switch (policy_) {
    case Policy::Fastest:
      return fastest(standings, equals, random);
    case Policy::InOrder:
      return first_of(equals);
    case Policy::Even:
      return even(equals);
  }
  return first_of(equals);
}

// Two different ones at random, the better of them: nearly as good as the best of all, and many
// clients do not run to one server at the same time.
size_t Choice::fastest(std::span<const Standing> standings, ServerSet equals,
                       Random& random) const {
  const uint32_t count = static_cast<uint32_t>(std::popcount(equals));
  const uint64_t number = random.next();
  const uint32_t first = static_cast<uint32_t>((number & 0xffffffff) * count >> 32);
  const uint32_t step = static_cast<uint32_t>((number >> 32) * (count - 1) >> 32);
  const size_t a = nth_of(equals, first);
  const size_t b = nth_of(equals, (first + 1 + step) % count);
  return cost_of(standings[b]) < cost_of(standings[a]) ? b : a;
}

// Each gains its weight, the richest pays the sum: evenly spread in time, not in runs.
size_t Choice::even(ServerSet equals) {
  size_t richest = first_of(equals);
  int64_t sum = 0;
  for (ServerSet rest = equals; rest != 0; rest &= rest - 1) {
    const size_t i = first_of(rest);
    credits_[i] += weights_[i];
    sum += weights_[i];
    if (credits_[i] > credits_[richest]) richest = i;
  }
  credits_[richest] -= sum;
  return richest;
}

Readiness best_readiness(std::span<const Standing> standings, ServerSet excluded) {
  Readiness best = Readiness::Down;
  for (size_t i = 0; i < standings.size(); ++i) {
    if (!(excluded & bit(i))) best = std::min(best, standings[i].readiness);
  }
  return best;
}

}  // namespace dotring::upstream
