// The vectors are those of RFC 9018, appendix A.
#include "engine/protect/server_cookies.h"

#include <gtest/gtest.h>

namespace dotring::protect {
namespace {

std::vector<uint8_t> octets(std::string_view digits) {
  std::vector<uint8_t> result;
  for (size_t i = 0; i < digits.size(); i += 2) {
    result.push_back(
        static_cast<uint8_t>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return result;
}

ServerCookies::Secret secret(std::string_view digits) {
  ServerCookies::Secret result{};
  const std::vector<uint8_t> from = octets(digits);
  std::copy(from.begin(), from.end(), result.begin());
  return result;
}

const ServerCookies::Secret kSecret = secret("e5e973e5a6b2a43f48e7dc849e37bfcf");
const IpAddress kRfcClient = *IpAddress::parse("198.51.100.100");
constexpr uint32_t kNow = 1559731985;

ServerCookies cookies(const std::vector<ServerCookies::Secret>& secrets = {kSecret}) {
  return ServerCookies({}, secrets);
}

std::vector<uint8_t> reply(const ServerCookies::Judged& judged) {
  return {judged.reply.begin(), judged.reply.end()};
}

TEST(ServerCookies, ANewClientLearnsItsCookie) {  // A.1
  const auto judged = cookies().judge(octets("2464c4abcf10c957"), kRfcClient, kNow);
  EXPECT_EQ(judged.state, CookieState::Missing);
  EXPECT_EQ(reply(judged), octets("2464c4abcf10c957010000005cf79f111f8130c3eee29480"));
}

TEST(ServerCookies, AnOlderCookieIsValidAndRenewed) {  // A.2
  const auto asked = octets("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  const auto judged = cookies().judge(asked, kRfcClient, 1559734385);
  EXPECT_EQ(judged.state, CookieState::Valid);
  EXPECT_EQ(reply(judged), octets("2464c4abcf10c957010000005cf7a871d4a564a1442aca77"));
}

TEST(ServerCookies, ReservedOctetsOfACookieAreHashedAndNotKept) {  // A.3
  const auto asked = octets("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5");
  const IpAddress client = *IpAddress::parse("203.0.113.203");
  const auto judged = cookies().judge(asked, client, 0x5cf78f71 + 3000);
  EXPECT_EQ(judged.state, CookieState::Valid);
  const auto later = cookies().judge(asked, client, 1559734700);
  EXPECT_EQ(reply(later), octets("fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"));
}

TEST(ServerCookies, TheOldSecretIsAcceptedAndTheNewOneAnswers) {  // A.4
  const auto both = cookies(
      {secret("445536bcd2513298075a5d379663c962"), secret("dd3bdf9344b678b185a6f5cb60fca715")});
  const auto asked = octets("22681ab97d52c298010000005cf7c57926556bd0934c72f8");
  const IpAddress client = *IpAddress::parse("2001:db8:220:1:59de:d0f4:8769:82b8");
  const auto judged = both.judge(asked, client, 1559741961);
  EXPECT_EQ(judged.state, CookieState::Valid);
  EXPECT_EQ(reply(judged), octets("22681ab97d52c298010000005cf7c609a6bb79d16625507a"));
}

TEST(ServerCookies, AYoungCookieIsGivenBackAsItIs) {
  const auto asked = octets("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  const auto judged = cookies().judge(asked, kRfcClient, kNow + 1799);
  EXPECT_EQ(judged.state, CookieState::Valid);
  EXPECT_EQ(reply(judged), asked);
  EXPECT_NE(reply(cookies().judge(asked, kRfcClient, kNow + 1800)), asked);
}

TEST(ServerCookies, IsValidForAnHourBackAndFiveMinutesAhead) {
  const auto asked = octets("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  const auto state = [&](uint32_t now) { return cookies().judge(asked, kRfcClient, now).state; };
  EXPECT_EQ(state(kNow + 3600), CookieState::Valid);
  EXPECT_EQ(state(kNow + 3601), CookieState::Invalid);
  EXPECT_EQ(state(kNow - 300), CookieState::Valid);
  EXPECT_EQ(state(kNow - 301), CookieState::Invalid);
  EXPECT_EQ(state(kNow + 0x80000000), CookieState::Invalid);
}

TEST(ServerCookies, AnotherAddressClientCookieOrOctetIsInvalid) {
  const auto asked = octets("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  EXPECT_EQ(cookies().judge(asked, *IpAddress::parse("198.51.100.101"), kNow).state,
            CookieState::Invalid);
  for (size_t i = 0; i < asked.size(); ++i) {
    auto changed = asked;
    changed[i] ^= 1;
    const auto judged = cookies().judge(changed, kRfcClient, kNow);
    EXPECT_EQ(judged.state, CookieState::Invalid) << i;
    EXPECT_NE(reply(judged), changed) << i;
  }
}

TEST(ServerCookies, CookiesOfOtherSizesAreForeignAndImpossibleOnesNone) {
  for (size_t size = 0; size <= 44; ++size) {
    const std::vector<uint8_t> asked(size, 1);
    const CookieState state = cookies().judge(asked, kRfcClient, kNow).state;
    const bool possible = size >= 16 && size <= 40;
    EXPECT_EQ(state, size == 8  ? CookieState::Missing
                     : possible ? CookieState::Invalid
                                : CookieState::None)
        << size;
  }
}

}  // namespace
}  // namespace dotring::protect
