#include "cache/redis/url.h"

#include <gtest/gtest.h>

namespace dotring::cache::redis {
namespace {

Target good(std::string_view url) {
  const auto result = parse_url(url);
  const auto* target = std::get_if<Target>(&result);
  EXPECT_NE(target, nullptr) << url << ": " << std::get<std::string>(result);
  return target ? *target : Target();
}

/// What is wrong with it, and what to do about it.
std::string bad(std::string_view url) {
  const auto result = parse_url(url);
  const auto* failure = std::get_if<std::string>(&result);
  EXPECT_NE(failure, nullptr) << url;
  if (!failure) return "";
  EXPECT_NE(failure->find("; "), std::string::npos) << *failure;
  return *failure;
}

TEST(RedisUrl, OneServer) {
  const Target target = good("redis://192.0.2.1");
  EXPECT_EQ(target.layout, Layout::Single);
  EXPECT_FALSE(target.tls);
  ASSERT_EQ(target.addresses.size(), 1u);
  EXPECT_EQ(target.addresses[0].to_text(), "192.0.2.1:6379");
  EXPECT_EQ(target.database, 0u);
  EXPECT_FALSE(target.credentials.given());
  EXPECT_EQ(good("redis://localhost:7000/3").addresses[0].to_text(), "127.0.0.1:7000");
  EXPECT_EQ(good("redis://localhost/3").database, 3u);
  EXPECT_EQ(good("redis://localhost?db=4").database, 4u);
  EXPECT_EQ(good("rediss://[2001:db8::1]:7000").addresses[0].to_text(), "[2001:db8::1]:7000");
  EXPECT_TRUE(good("rediss://192.0.2.1").tls);
}

TEST(RedisUrl, CredentialsMayHoldAnyOctet) {
  const Target target = good("redis://me:s%40cr%3aet@192.0.2.1");
  EXPECT_EQ(target.credentials.user, "me");
  EXPECT_EQ(target.credentials.password, "s@cr:et");
  EXPECT_EQ(good("redis://:secret@192.0.2.1").credentials.user, "");
  EXPECT_EQ(good("redis://:a@b@192.0.2.1").credentials.password, "a@b");
  EXPECT_NE(bad("redis://me:s%4@192.0.2.1").find("two digits"), std::string::npos);
  EXPECT_NE(bad("redis://me@192.0.2.1").find("user:password"), std::string::npos);
}

TEST(RedisUrl, UnixSocket) {
  const Target target = good("unix:///run/redis/my%20redis.sock?db=2&user=me&password=a%26b");
  EXPECT_EQ(target.layout, Layout::Single);
  ASSERT_EQ(target.addresses.size(), 1u);
  EXPECT_EQ(target.addresses[0].unix_path, "/run/redis/my redis.sock");
  EXPECT_EQ(target.database, 2u);
  EXPECT_EQ(target.credentials.password, "a&b");
  bad("unix://relative.sock");
  bad("unix:///" + std::string(107, 'x'));
}

TEST(RedisUrl, ClusterAndSentinels) {
  const Target cluster = good("rediss+cluster://:pw@192.0.2.1:7000,[::1]:7001,192.0.2.3");
  EXPECT_EQ(cluster.layout, Layout::Cluster);
  EXPECT_TRUE(cluster.tls);
  ASSERT_EQ(cluster.addresses.size(), 3u);
  EXPECT_EQ(cluster.addresses[1].to_text(), "[::1]:7001");
  EXPECT_EQ(cluster.addresses[2].to_text(), "192.0.2.3:6379");

  const Target sentinel =
      good("redis+sentinel://:pw@192.0.2.1,192.0.2.2:7/mymaster/5?sentinel_password=x");
  EXPECT_EQ(sentinel.layout, Layout::Sentinel);
  EXPECT_EQ(sentinel.addresses[0].to_text(), "192.0.2.1:26379");
  EXPECT_EQ(sentinel.addresses[1].to_text(), "192.0.2.2:7");
  EXPECT_EQ(sentinel.master_name, "mymaster");
  EXPECT_EQ(sentinel.database, 5u);
  EXPECT_EQ(sentinel.credentials.password, "pw");
  EXPECT_EQ(sentinel.sentinel_credentials.password, "x");
}

TEST(RedisUrl, SaysWhatIsWrong) {
  EXPECT_NE(bad("redis://redis.example:6379").find("; give IP addresses or localhost"),
            std::string::npos);
  EXPECT_NE(bad("http://192.0.2.1").find("redis://"), std::string::npos);
  EXPECT_NE(bad("redis://192.0.2.1,192.0.2.2").find("redis+cluster"), std::string::npos);
  EXPECT_NE(bad("redis+sentinel://192.0.2.1").find("/mymaster"), std::string::npos);
  EXPECT_NE(bad("redis+cluster://192.0.2.1/1").find("database"), std::string::npos);
  EXPECT_NE(bad("redis://192.0.2.1/x").find("database"), std::string::npos);
  EXPECT_NE(bad("redis://192.0.2.1?colour=red").find("colour"), std::string::npos);
  EXPECT_NE(bad("redis://192.0.2.1?sentinel_user=x").find("sentinel_user"), std::string::npos);
  bad("redis://192.0.2.1:0");
  bad("redis://192.0.2.1:65536");
  bad("redis://");
  bad("");
}

TEST(RedisUrl, NeverTellsThePassword) {
  EXPECT_EQ(bad("redis://me:secret@somewhere").find("secret"), std::string::npos);
  EXPECT_EQ(bad("redis://me:sec%ret@192.0.2.1").find("ret@"), std::string::npos);
}

}  // namespace
}  // namespace dotring::cache::redis
