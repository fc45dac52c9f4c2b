// What the guard costs a query: access list of 10,000 networks, rate limit, cookie; each alone, all
// together, and all off.

#include <benchmark/benchmark.h>

#include "engine/base/random.h"
#include "engine/protect/guard.h"

namespace dotring::protect {
namespace {

constexpr size_t kClients = 4096;
constexpr size_t kNetworks = 10'000;

IpAddress draw(Random& random, bool ipv4) {
  IpAddress address;
  const uint64_t high = random.next();
  const uint64_t low = random.next();
  std::memcpy(address.octets.data(), &high, sizeof high);
  std::memcpy(address.octets.data() + 8, &low, sizeof low);
  address.octets[0] = 0x20;  // of IPv6 only one eighth is in use
  return ipv4 ? IpAddress::from_ipv4(address.octets.data() + 4) : address;
}

std::vector<IpAddress> clients(bool ipv4) {
  Random random({1, 2});
  std::vector<IpAddress> result;
  for (size_t i = 0; i < kClients; ++i) result.push_back(draw(random, ipv4));
  return result;
}

AccessList::Options many_networks() {
  Random random({3, 4});
  AccessList::Options options;
  options.allow = {*Network::parse("0.0.0.0/0"), *Network::parse("::/0")};
  while (options.refuse.size() < kNetworks) {
    const bool ipv4 = options.refuse.size() % 2 == 0;
    const auto bits = static_cast<uint8_t>((ipv4 ? 96 + 16 : 32) + random.below(9));
    options.refuse.push_back({first_bits(draw(random, ipv4), bits), bits});
  }
  return options;
}

RateLimiter::Options per_client(uint32_t per_second) {
  RateLimiter::Options options;
  options.per_second = {per_second, per_second};
  return options;
}

void AccessOfTenThousandNetworks(benchmark::State& state) {
  const AccessList list(many_networks());
  const std::vector<IpAddress> all = clients(state.range(0) == 4);
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(list.of(all[i++ % kClients]));
}
BENCHMARK(AccessOfTenThousandNetworks)->ArgName("ipv")->Arg(4)->Arg(6);

void AccessByDefault(benchmark::State& state) {
  const AccessList list({});
  const std::vector<IpAddress> all = clients(true);
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(list.of(all[i++ % kClients]));
}
BENCHMARK(AccessByDefault);

void RateOfOneClient(benchmark::State& state) {
  RateLimiter limiter(per_client(1'000'000), {1, 2});
  const std::vector<IpAddress> all = clients(state.range(0) == 4);
  uint64_t now_us = 0;
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(limiter.take(all[i++ % kClients], Proof::None, ++now_us));
  }
}
BENCHMARK(RateOfOneClient)->ArgName("ipv")->Arg(4)->Arg(6);

void CookieThatIsValid(benchmark::State& state) {
  const ServerCookies cookies({}, {{}});
  const IpAddress client = clients(state.range(0) == 4)[0];
  const std::array<uint8_t, 8> asked{};
  const ServerCookies::Cookie cookie = cookies.judge(asked, client, 1'000'000).reply;
  for (auto _ : state) benchmark::DoNotOptimize(cookies.judge(cookie, client, 1'000'001));
}
BENCHMARK(CookieThatIsValid)->ArgName("ipv")->Arg(4)->Arg(6);

// All of it, for clients of IPv4 with a valid cookie.
void GuardWithEverything(benchmark::State& state) {
  TurnClock clock{1'000'000};
  const AccessList list(many_networks());
  RateLimiter limiter(per_client(1'000'000), {1, 2});
  const ServerCookies cookies({}, {{}});
  Guard guard({}, {&list, &limiter, &cookies, [] { return 1'000'000; }}, clock);
  const std::vector<IpAddress> all = clients(true);
  std::vector<ServerCookies::Cookie> asked;
  for (const IpAddress& one : all) {
    asked.push_back(cookies.judge(std::array<uint8_t, 8>{}, one, 1'000'000).reply);
  }
  size_t i = 0;
  for (auto _ : state) {
    clock.now_us += 3;
    const size_t at = i++ % kClients;
    benchmark::DoNotOptimize(guard.judge({all[at], true, asked[at]}));
  }
}
BENCHMARK(GuardWithEverything);

}  // namespace
}  // namespace dotring::protect
