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
    // However long a busy machine stands still, it is not Redis that is at fault.
    options_.breaker.silent_ms = 30'000;
    options_.breaker.slow_us = 30'000'000;
  }
};

}  // namespace dotring::cache::redis
