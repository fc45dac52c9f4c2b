// A loop on the test's own thread, turned until a condition holds.

#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "engine/io/loop.h"

namespace dotring::io {

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() : loop_(options(), clock_) {}
  explicit LoopTest(const Loop::Options& options) : loop_(options, clock_) {}

  void SetUp() override {
    const auto failure = loop_.open();
    ASSERT_FALSE(failure) << *failure;
  }

  static Loop::Options options() {
    Loop::Options options;
    options.ring.entries = 64;
    options.ring.receive_buffers = 16;
    return options;
  }

  /// False when the condition did not come true within ten seconds.
  bool turn_until(const std::function<bool()>& condition) {
    const uint64_t give_up_us = clock_.monotonic_us() + 10'000'000;
    while (!condition()) {
      if (clock_.monotonic_us() > give_up_us) return false;
      loop_.turn(20);
    }
    return true;
  }

  Clock clock_;
  Loop loop_;
};

}  // namespace dotring::io
