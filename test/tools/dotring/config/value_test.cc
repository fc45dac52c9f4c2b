#include "tools/dotring/config/value.h"

#include <gtest/gtest.h>

namespace dotring::appliance {
namespace {

constexpr Limits kPort = {1, 65'535, false, false};
constexpr Limits kBytes = {1024, uint64_t{1} << 40, true, false};
constexpr char kPin[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

TEST(ConfigValue, ReadsNumbersWithinTheirLimits) {
  uint16_t port = 7;
  EXPECT_FALSE(parse_value("853", kPort, port));
  EXPECT_EQ(port, 853);
  for (const char* text :
       {"", "x", "1x", " 1", "-1", "0x10", "1.0", "0", "65536", "18446744073709551616"}) {
    EXPECT_TRUE(parse_value(text, kPort, port)) << text;
  }
  EXPECT_EQ(port, 853) << "a refused value changes nothing";
}

TEST(ConfigValue, AnAddressWithItsNetworksIsReadAndPrinted) {
  ListenerNetworks value;
  EXPECT_FALSE(parse_value("[2001:db8::1]:53  10.0.0.0/8 ::1/128 ", {}, value));
  EXPECT_EQ(print_value(value, {}), "[2001:db8::1]:53 10.0.0.0/8 ::1/128");
  const ListenerNetworks before = value;
  for (const char* text :
       {"", "10.0.0.0/8", "192.0.2.1:53", "192.0.2.1:53 ", "192.0.2.1:53 10.0.0.1/8",
        "192.0.2.1:53 10.0.0.0/8,::1/128", " 192.0.2.1:53 10.0.0.0/8"}) {
    EXPECT_TRUE(parse_value(text, {}, value)) << text;
  }
  EXPECT_EQ(value, before);
}

TEST(ConfigValue, NarrowTypesBoundTheLimits) {
  uint16_t number = 0;
  EXPECT_TRUE(parse_value("65536", Limits{}, number));
  EXPECT_FALSE(parse_value("65535", Limits{}, number));
}

TEST(ConfigValue, PowersOfTwo) {
  uint32_t number = 0;
  const Limits limits{64, 32'768, false, true};
  EXPECT_FALSE(parse_value("256", limits, number));
  EXPECT_TRUE(parse_value("257", limits, number));
  EXPECT_EQ(number, 256u);
}

TEST(ConfigValue, ReadsSizesWithAndWithoutUnit) {
  size_t size = 0;
  EXPECT_FALSE(parse_value("64MiB", kBytes, size));
  EXPECT_EQ(size, size_t{64} << 20);
  EXPECT_FALSE(parse_value("2 GiB", kBytes, size));
  EXPECT_EQ(size, size_t{2} << 30);
  EXPECT_FALSE(parse_value("4096", kBytes, size));
  EXPECT_EQ(size, size_t{4096});
  for (const char* text : {"64MB", "MiB", "1TiB2", "2TiB", "1023B", "17000000TiB", "1 M"}) {
    EXPECT_TRUE(parse_value(text, kBytes, size)) << text;
  }
}

TEST(ConfigValue, PrintsSizesAsTheyAreRead) {
  for (const uint64_t size :
       {uint64_t{1024}, uint64_t{64} << 20, uint64_t{1500}, uint64_t{1} << 40}) {
    uint64_t again = 0;
    EXPECT_FALSE(parse_value(print_value(size, kBytes), kBytes, again));
    EXPECT_EQ(again, size);
  }
  EXPECT_EQ(print_value(uint64_t{64} << 20, kBytes), "64MiB");
}

TEST(ConfigValue, PermissionsAreOctal) {
  FileMode mode;
  for (const auto& [text, bits] : std::initializer_list<std::pair<const char*, uint32_t>>{
           {"0600", 0600}, {"666", 0666}, {"0", 0}, {"0777", 0777}}) {
    EXPECT_FALSE(parse_value(text, {}, mode)) << text;
    EXPECT_EQ(mode.bits, bits);
  }
  EXPECT_EQ(print_value(FileMode{0060}, {}), "0060");
  for (const char* text : {"", "8", "0x1", "rw", "-1", "1000", "00660", " 660"}) {
    EXPECT_TRUE(parse_value(text, {}, mode)) << text;
  }
  EXPECT_EQ(mode.bits, 0777u) << "a refused value changes nothing";
}

TEST(ConfigValue, ReadsUpstreamAddresses) {
  UpstreamAddress server;
  EXPECT_FALSE(parse_value("tls://192.0.2.1#dns.example", {}, server));
  EXPECT_EQ(server.endpoint.to_text(), "192.0.2.1:853");
  EXPECT_EQ(server.auth_name, "dns.example");
  EXPECT_FALSE(parse_value("tls://[2001:db8::1]:8853", {}, server));
  EXPECT_EQ(server.endpoint.to_text(), "[2001:db8::1]:8853");
  EXPECT_EQ(server.auth_name, "");
  EXPECT_TRUE(server.pins.empty());
}

TEST(ConfigValue, ReadsPins) {
  const std::string pin(kPin);
  UpstreamAddress server;
  EXPECT_FALSE(
      parse_value("tls://192.0.2.1?pin=" + pin + "&pin=" + pin + "#dns.example", {}, server));
  ASSERT_EQ(server.pins.size(), 2u);
  EXPECT_EQ(tls::to_text(server.pins[0]), pin);
  EXPECT_EQ(server.auth_name, "dns.example");
  for (const std::string& bad :
       {std::string("?pin="), std::string("?pin=abc"), "?key=" + pin, "?pin=" + pin + "A",
        std::string("?weight=0"), std::string("?weight=x"), std::string("?")}) {
    EXPECT_TRUE(parse_value("tls://192.0.2.1" + bad, {}, server)) << bad;
  }
}

TEST(ConfigValue, PrintsUpstreamAddressesAsTheyAreRead) {
  for (const std::string& text :
       {std::string("tls://192.0.2.1:853#dns.example"), std::string("tls://[2001:db8::1]:8853"),
        "tls://192.0.2.1:853?pin=" + std::string(kPin) + "#a.example",
        "tls://192.0.2.1:853?pin=" + std::string(kPin) + "&weight=3"}) {
    UpstreamAddress server;
    EXPECT_FALSE(parse_value(text, {}, server));
    EXPECT_EQ(print_value(server, {}), text);
  }
}

TEST(ConfigValue, RefusesUpstreamsInClearText) {
  UpstreamAddress server;
  for (const char* text :
       {"udp://192.0.2.1", "tcp://192.0.2.1:53", "https://192.0.2.1/dns-query"}) {
    const Problem problem = parse_value(text, {}, server);
    ASSERT_TRUE(problem) << text;
    EXPECT_NE(problem->find("TLS only"), std::string::npos) << *problem;
  }
  EXPECT_TRUE(parse_value("192.0.2.1", {}, server));
}

TEST(ConfigValue, RefusesUpstreamsThatCanBeReadTwoWays) {
  UpstreamAddress server;
  for (const char* text :
       {"tls://2001:db8::1:853#a", "tls://#a", "tls://dns.example", "tls://192.0.2.1:0",
        "tls://192.0.2.1:", "tls://192.0.2.1#", "tls://192.0.2.1#a#b", "tls://192.0.2.1#a b"}) {
    EXPECT_TRUE(parse_value(text, {}, server)) << text;
  }
}

TEST(ConfigValue, EmptyTextIsNothing) {
  std::optional<Endpoint> endpoint = Endpoint{};
  EXPECT_FALSE(parse_value("", {}, endpoint));
  EXPECT_FALSE(endpoint.has_value());
  EXPECT_EQ(print_value(endpoint, {}), "");
  EXPECT_FALSE(parse_value("[::1]:80", {}, endpoint));
  EXPECT_EQ(print_value(endpoint, {}), "[::1]:80");
}

TEST(ConfigValue, PasswordsOfRedisAreNotPrinted) {
  RedisUrl url;
  for (const char* text :
       {"redis://:top:s@cret@127.0.0.1:6379/3", "redis://me:secret@127.0.0.1",
        "unix:///run/redis.sock?password=secret&db=3", "redis://127.0.0.1?password=se@cret",
        "redis://[::1]?password=se@cret"}) {
    ASSERT_FALSE(parse_value(text, {}, url)) << text;
    EXPECT_EQ(url.text, text);
    const std::string printed = print_value(url, {});
    EXPECT_EQ(printed.find("cret"), std::string::npos) << printed;
    EXPECT_NE(printed.find("***"), std::string::npos) << printed;
  }
  EXPECT_FALSE(parse_value("redis://127.0.0.1:6379", {}, url));
  EXPECT_EQ(print_value(url, {}), "redis://127.0.0.1:6379");
  EXPECT_EQ(hide_password("redis://me:secret@127.0.0.1:port"), "redis://me:***@127.0.0.1:port");
  EXPECT_EQ(hide_password("redis://secret@127.0.0.1"), "redis://***@127.0.0.1");
  EXPECT_EQ(hide_password("redis://127.0.0.1?password=a@b&db=3"),
            "redis://127.0.0.1?password=***&db=3");
  EXPECT_TRUE(parse_value("http://127.0.0.1", {}, url));
  EXPECT_FALSE(parse_value("", {}, url));
  EXPECT_EQ(url, RedisUrl());
}

TEST(ConfigValue, TextHoldsNoControlCharacters) {
  std::string text;
  EXPECT_TRUE(parse_value("a\nb", {}, text));
  EXPECT_FALSE(parse_value("a b\xc3\xa4", {}, text));
}

}  // namespace
}  // namespace dotring::appliance
