// A client of a real Redis on the test's own loop.

#pragma once

#include "test/cache/redis/client_fixture.h"
#include "test/cache/redis/live/redis_process.h"

namespace dotring::cache::redis {

class RedisTest : public ClientTest {
 protected:
  void SetUp() override {
    if (!redis_is_installed()) GTEST_SKIP() << "redis-server is not installed";
    ClientTest::SetUp();
  }
};

}  // namespace dotring::cache::redis
