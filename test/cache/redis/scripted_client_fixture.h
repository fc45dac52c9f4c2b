// A client of one scripted server, which ends before the loop does.

#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "test/cache/redis/client_fixture.h"
#include "test/cache/redis/scripted_server.h"

namespace dotring::cache::redis {

class ScriptedClientTest : public ClientTest {
 protected:
  void SetUp() override {
    ClientTest::SetUp();
    server_.emplace(loop_);
  }
  void TearDown() override {
    ClientTest::TearDown();
    server_->stop();
    EXPECT_TRUE(turn_until([&] { return !server_->active(); }));
  }

  std::optional<ScriptedServer> server_;
};

}  // namespace dotring::cache::redis
