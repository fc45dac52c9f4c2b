#include "tools/flood/questions/cookies.h"

#include <gtest/gtest.h>

#include "engine/dns/name.h"
#include "engine/dns/query_view.h"

namespace dotring::flood {
namespace {

const HashKey kSeed{1, 2};

QueryForm form_with_cookie() {
  QueryForm form{.edns_size = 1232, .cookie = true};
  form.options.push_back({65001, {1, 2, 3}});
  return form;
}

std::vector<uint8_t> ask(Cookies& cookies, uint32_t client) {
  const QueryForm form = form_with_cookie();
  auto message = make_query(form, dns::name_from_text("a.example")->wire(), dns::type::kA);
  const Bytes whole = cookies.put(client, message, form.option_octets());
  return {whole.begin(), whole.end()};
}

std::vector<uint8_t> cookie_in(const std::vector<uint8_t>& message) {
  const dns::QueryView view = dns::view_query(message);
  EXPECT_EQ(view.verdict, dns::QueryVerdict::Accept);
  EXPECT_TRUE(view.has_opt);
  return {view.edns.cookie.begin(), view.edns.cookie.end()};
}

// An answer with `cookie` as its only option.
std::vector<uint8_t> answer_with(const std::vector<uint8_t>& cookie) {
  QueryForm form{.edns_size = 1232};
  form.options.push_back({dns::option::kCookie, cookie});
  auto message = make_query(form, dns::name_from_text("a.example")->wire(), dns::type::kA);
  message[2] |= 0x80;
  return message;
}

std::vector<uint8_t> joined(std::vector<uint8_t> client, size_t server_octets) {
  client.resize(client.size() + server_octets, 0x5a);
  return client;
}

TEST(Cookies, EachClientHasItsOwnAndTheSameSeedGivesTheSame) {
  Cookies cookies(kSeed, 2), again(kSeed, 2), other({3, 4}, 2);
  const auto first = cookie_in(ask(cookies, 0));
  EXPECT_EQ(first.size(), kClientCookieSize);
  EXPECT_NE(first, cookie_in(ask(cookies, 1)));
  EXPECT_EQ(first, cookie_in(ask(again, 0)));
  EXPECT_NE(first, cookie_in(ask(other, 0)));
}

TEST(Cookies, TheServersCookieIsSentBackByTheClientThatGotIt) {
  for (const size_t octets : {8u, 16u, 32u}) {
    Cookies cookies(kSeed, 2);
    const auto client = cookie_in(ask(cookies, 0));
    cookies.learn(0, answer_with(joined(client, octets)));
    EXPECT_EQ(cookie_in(ask(cookies, 0)), joined(client, octets));
    EXPECT_EQ(cookie_in(ask(cookies, 1)).size(), kClientCookieSize);
  }
}

TEST(Cookies, ANewServerCookieReplacesTheOld) {
  Cookies cookies(kSeed, 1);
  const auto client = cookie_in(ask(cookies, 0));
  cookies.learn(0, answer_with(joined(client, 32)));
  cookies.learn(0, answer_with(joined(client, 8)));
  EXPECT_EQ(cookie_in(ask(cookies, 0)), joined(client, 8));
}

TEST(Cookies, WhatIsNoAnswerToOurCookieIsNotBelieved) {
  Cookies cookies(kSeed, 1);
  const auto client = cookie_in(ask(cookies, 0));
  auto strange = joined(client, 8);
  strange[0] ^= 1;
  for (const auto& cookie : {strange, client}) cookies.learn(0, answer_with(cookie));
  cookies.learn(0, Bytes(answer_with(joined(client, 8))).first(20));
  EXPECT_EQ(cookie_in(ask(cookies, 0)), client);
}

}  // namespace
}  // namespace dotring::flood
