#include "tls/upstream/window.h"

#include <gtest/gtest.h>

namespace dotring::upstream {
namespace {

void answer(Window& window, int count) {
  for (int i = 0; i < count; ++i) window.answered();
}

TEST(Window, IsAllAtFirst) {
  EXPECT_EQ(Window(1024).size(), 1024u);
}

TEST(Window, FallsToWhatALostStreamHadAnswered) {
  Window window(1024);
  window.closed_early(100);
  EXPECT_EQ(window.size(), 100u);
  window.closed_early(5000);
  EXPECT_EQ(window.size(), 100u) << "a long life is no reason to grow";
  window.closed_early(0);
  EXPECT_EQ(window.size(), 1u);
}

TEST(Window, FallsToHalfOfWhatWasInFlightOnAStreamThatBroke) {
  Window window(1024);
  window.broken_off(50);
  EXPECT_EQ(window.size(), 25u);
  window.broken_off(1);
  EXPECT_EQ(window.size(), 1u);
}

TEST(Window, DoublesAfterEachWindowOfAnswers) {
  Window window(64);
  window.closed_early(10);
  answer(window, 9);
  EXPECT_EQ(window.size(), 10u);
  answer(window, 1);
  EXPECT_EQ(window.size(), 20u);
  answer(window, 20 + 40);
  EXPECT_EQ(window.size(), 64u);
}

}  // namespace
}  // namespace dotring::upstream
