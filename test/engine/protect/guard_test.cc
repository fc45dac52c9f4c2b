#include "engine/protect/guard.h"

#include <gtest/gtest.h>

namespace dotring::protect {
namespace {

constexpr uint64_t kWall_s = 1'700'000'000;

/// Everything on: 198.51.100.0/24 may ask, 203.0.113.0/24 is dropped; two queries per second.
struct Everything {
  explicit Everything(const Guard::Options& options = {})
      : access({{*Network::parse("198.51.100.0/24")}, {}, {*Network::parse("203.0.113.0/24")}}),
        rate(two_per_second(), {1, 2}),
        cookies({}, {{}}),
        guard(options, {&access, &rate, &cookies, [] { return kWall_s; }}, clock) {
    clock.now_us = 5'000'000;
  }

  static RateLimiter::Options two_per_second() {
    RateLimiter::Options options;
    options.per_second = {2, 4};
    return options;
  }

  Guard::Judgement judge(const char* client, Bytes cookie = {}, bool udp = true) {
    const IpAddress address = *IpAddress::parse(client);
    return guard.judge({address, udp, cookie});
  }
  Action action(const char* client, Bytes cookie = {}, bool udp = true) {
    return judge(client, cookie, udp).action;
  }
  std::array<uint32_t, kActions> actions(int count, const char* client, Bytes cookie = {},
                                         bool udp = true) {
    std::array<uint32_t, kActions> result{};
    for (int i = 0; i < count; ++i) ++result[static_cast<size_t>(action(client, cookie, udp))];
    return result;
  }

  TurnClock clock;
  AccessList access;
  RateLimiter rate;
  ServerCookies cookies;
  Guard guard;
};

using Counts = std::array<uint32_t, kActions>;  // Serve, Drop, Refuse, Truncate, BadCookie
constexpr std::array<uint8_t, 8> kClientCookie = {1, 2, 3, 4, 5, 6, 7, 8};
constexpr const char* kClient = "198.51.100.1";

TEST(Guard, WithoutPartsEveryQueryIsServedWithoutACookie) {
  TurnClock clock;
  Guard guard({}, {}, clock);
  EXPECT_TRUE(guard.idle());
  const IpAddress client = *IpAddress::parse("192.0.2.1");
  const Guard::Judgement judgement = guard.judge({client, true, kClientCookie});
  EXPECT_EQ(judgement.action, Action::Serve);
  EXPECT_FALSE(judgement.cookie);
}

TEST(Guard, TheAccessListDecidesWhoIsServed) {
  Everything all;
  EXPECT_EQ(all.action(kClient), Action::Serve);
  EXPECT_EQ(all.action("203.0.113.1"), Action::Drop);
  EXPECT_EQ(all.action("192.0.2.1"), Action::Refuse);
  EXPECT_EQ(all.guard.statistics().by_access[static_cast<size_t>(Action::Drop)].value(), 1u);
  EXPECT_EQ(all.guard.statistics().by_access[static_cast<size_t>(Action::Refuse)].value(), 1u);
}

TEST(Guard, TheListOfAListenerTakesAwayAndNeverGives) {
  TurnClock clock;
  const AccessList access({{*Network::parse("198.51.100.0/24")}, {}, {}});
  ListenerAccess listeners;
  const Network both[] = {*Network::parse("198.51.100.1/32"), *Network::parse("192.0.2.1/32")};
  listeners.restrict_to(1, both);
  Guard guard({}, {&access, nullptr, nullptr, {}, &listeners}, clock);
  const auto action = [&](const char* client, uint16_t listener) {
    return guard.judge({*IpAddress::parse(client), true, {}, listener}).action;
  };
  EXPECT_EQ(action("198.51.100.1", 1), Action::Serve);
  EXPECT_EQ(action("198.51.100.2", 0), Action::Serve);
  EXPECT_EQ(action("198.51.100.2", 1), Action::Refuse);
  EXPECT_EQ(action("192.0.2.1", 1), Action::Refuse);
  EXPECT_EQ(guard.statistics().by_listener.value(), 1u);
  EXPECT_EQ(guard.statistics().by_access[static_cast<size_t>(Action::Refuse)].value(), 1u);
}

TEST(Guard, RefusalsAreLimitedToo) {
  Everything all({OverRate::Drop, 1, false});
  EXPECT_EQ(all.actions(10, "192.0.2.1"), (Counts{0, 8, 2, 0, 0}));
}

TEST(Guard, OverTheRateEachSlipthQueryIsAnsweredSoThatRealClientsComeBack) {
  EXPECT_EQ(Everything({OverRate::Truncate, 4, false}).actions(10, kClient),
            (Counts{2, 6, 0, 2, 0}));
  EXPECT_EQ(Everything({OverRate::Truncate, 1, false}).actions(10, kClient),
            (Counts{2, 0, 0, 8, 0}));
  EXPECT_EQ(Everything({OverRate::Truncate, 0, false}).actions(10, kClient),
            (Counts{2, 8, 0, 0, 0}));
  EXPECT_EQ(Everything({OverRate::Refuse, 2, false}).actions(10, kClient), (Counts{2, 4, 4, 0, 0}));
  EXPECT_EQ(Everything({OverRate::Drop, 2, false}).actions(10, kClient), (Counts{2, 8, 0, 0, 0}));
}

TEST(Guard, AClientThatKnowsCookiesLearnsOneWhenItIsOverTheRate) {
  EXPECT_EQ(Everything({OverRate::Truncate, 2, false}).actions(10, kClient, kClientCookie),
            (Counts{2, 4, 0, 0, 4}));
}

TEST(Guard, AValidCookiePassesTheLimitOfForgedOnes) {
  Everything all;
  const Guard::Judgement first = all.judge(kClient, kClientCookie);
  ASSERT_TRUE(first.cookie);
  all.actions(10, kClient);  // somebody forges its address
  EXPECT_NE(all.action(kClient), Action::Serve);
  EXPECT_EQ(all.actions(10, kClient, *first.cookie), (Counts{4, 0, 6, 0, 0}));
}

TEST(Guard, AForgedCookieProvesNothing) {
  Everything all;
  ServerCookies::Cookie cookie = *all.judge(kClient, kClientCookie).cookie;
  cookie.back() ^= 1;
  EXPECT_FALSE(all.judge(kClient, cookie).proven);
  EXPECT_FALSE(all.judge("198.51.100.2", *all.judge(kClient, kClientCookie).cookie).proven);
}

TEST(Guard, TcpHasALimitOfItsOwnAndIsRefusedAboveIt) {
  EXPECT_EQ(Everything().actions(10, kClient, {}, false), (Counts{4, 0, 6, 0, 0}));
  EXPECT_EQ(Everything({OverRate::Drop, 1, false}).actions(10, kClient, {}, false),
            (Counts{4, 6, 0, 0, 0}));
}

TEST(Guard, WhereCookiesAreRequiredOnlyWhoKnowsThemIsToldSo) {
  const Guard::Options required{OverRate::Truncate, 2, true};
  EXPECT_EQ(Everything(required).action(kClient), Action::Serve);
  EXPECT_EQ(Everything(required).action(kClient, kClientCookie, false), Action::Serve);
  Everything all(required);
  const Guard::Judgement told = all.judge(kClient, kClientCookie);
  EXPECT_EQ(told.action, Action::BadCookie);
  ASSERT_TRUE(told.cookie);
  EXPECT_EQ(all.action(kClient, *told.cookie), Action::Serve);
  EXPECT_EQ(all.guard.statistics().cookie_required.value(), 1u);
}

TEST(Guard, CookiesAreCountedByWhatTheyAre) {
  Everything all;
  const Guard::Judgement first = all.judge(kClient, kClientCookie);
  all.judge(kClient, *first.cookie);
  all.judge(kClient);
  const auto& counted = all.guard.statistics().cookies;
  EXPECT_EQ(counted[static_cast<size_t>(CookieState::Missing)].value(), 1u);
  EXPECT_EQ(counted[static_cast<size_t>(CookieState::Valid)].value(), 1u);
  EXPECT_EQ(counted[static_cast<size_t>(CookieState::None)].value(), 1u);
}

TEST(Guard, ACookieAgesWithTheWallClock) {
  TurnClock clock;
  uint64_t wall_s = kWall_s;
  const ServerCookies cookies({}, {{}});
  Guard guard({}, {nullptr, nullptr, &cookies, [&] { return wall_s; }}, clock);
  const IpAddress client = *IpAddress::parse(kClient);
  const auto cookie = guard.judge({client, true, kClientCookie}).cookie;
  wall_s += 3601;
  clock.now_us += 3'601'000'000;
  EXPECT_NE(guard.judge({client, true, *cookie}).cookie, cookie);
  EXPECT_EQ(guard.statistics().cookies[static_cast<size_t>(CookieState::Invalid)].value(), 1u);
}

}  // namespace
}  // namespace dotring::protect
