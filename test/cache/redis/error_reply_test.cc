#include "cache/redis/error_reply.h"

#include <gtest/gtest.h>

namespace dotring::cache::redis {
namespace {

const Endpoint kAsked{*IpAddress::parse("192.0.2.9"), 6379};

TEST(RedisErrorReply, IsJudgedByItsFirstWord) {
  EXPECT_EQ(kind_of("OOM command not allowed when used memory > 'maxmemory'."), ErrorKind::Full);
  EXPECT_EQ(kind_of("READONLY You can't write against a read only replica."), ErrorKind::ReadOnly);
  EXPECT_EQ(kind_of("LOADING Redis is loading the dataset in memory"), ErrorKind::Loading);
  EXPECT_EQ(kind_of("NOAUTH Authentication required."), ErrorKind::Refused);
  EXPECT_EQ(kind_of("CLUSTERDOWN The cluster is down"), ErrorKind::Cluster);
  EXPECT_EQ(kind_of("ERR OOM"), ErrorKind::Other);
  EXPECT_EQ(kind_of("OOMPH"), ErrorKind::Other);
  EXPECT_EQ(kind_of(""), ErrorKind::Other);
}

TEST(RedisErrorReply, RedirectionsNameSlotAndNode) {
  const auto moved = parse_redirection("MOVED 3999 127.0.0.1:6381", kAsked);
  ASSERT_TRUE(moved);
  EXPECT_FALSE(moved->ask);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->endpoint.to_text(), "127.0.0.1:6381");
  const auto ask = parse_redirection("ASK 0 2001:db8::1:7000", kAsked);
  ASSERT_TRUE(ask);
  EXPECT_TRUE(ask->ask);
  EXPECT_EQ(ask->endpoint.to_text(), "[2001:db8::1]:7000");
  const auto same_host = parse_redirection("MOVED 1 :7002", kAsked);
  ASSERT_TRUE(same_host);
  EXPECT_EQ(same_host->endpoint.to_text(), "192.0.2.9:7002");
}

TEST(RedisErrorReply, WhatIsNoRedirectionIsNone) {
  for (const char* text :
       {"MOVED", "MOVED 1", "MOVED x 127.0.0.1:1", "MOVED 16384 127.0.0.1:1", "MOVED 1 127.0.0.1",
        "MOVED 1 127.0.0.1:x", "MOVED 1 redis.example:1", "MOVED 1 127.0.0.1:65536",
        "MOVED 1 127.0.0.1:0", "MOVED -1 127.0.0.1:1", "ERR 1 127.0.0.1:1"}) {
    EXPECT_FALSE(parse_redirection(text, kAsked)) << text;
  }
}

}  // namespace
}  // namespace dotring::cache::redis
