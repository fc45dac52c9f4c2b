#include "tls/upstream/idle_limit.h"

#include <gtest/gtest.h>

namespace dotring::upstream {
namespace {

TEST(IdleLimit, IsUnknownAtFirst) {
  const IdleLimit limit({});
  EXPECT_EQ(limit.limit_ms(), IdleLimit::kUnknown);
  EXPECT_EQ(limit.ask_after_ms(), IdleLimit::kUnknown);
  EXPECT_EQ(limit.unused_after_ms(), IdleLimit::kUnknown);
}

TEST(IdleLimit, AsksBeforeAndStopsUseBeforeTheEnd) {
  IdleLimit limit({});
  limit.told(10'000);
  EXPECT_EQ(limit.limit_ms(), 10'000u);
  EXPECT_EQ(limit.ask_after_ms(), 8'500u);
  EXPECT_EQ(limit.unused_after_ms(), 9'250u);
}

TEST(IdleLimit, LearnsFromACloseAndTakesTheShorterOfToldAndLearned) {
  IdleLimit limit({});
  limit.peer_closed(12'000);
  EXPECT_EQ(limit.limit_ms(), 12'000u);
  limit.told(20'000);
  EXPECT_EQ(limit.limit_ms(), 12'000u);
  limit.told(5'000);
  EXPECT_EQ(limit.limit_ms(), 5'000u);
}

TEST(IdleLimit, ACloseThatIsNotIdlenessTeachesNothing) {
  IdleLimit limit({});
  limit.peer_closed(3);
  EXPECT_EQ(limit.limit_ms(), IdleLimit::kUnknown);
}

TEST(IdleLimit, DoubtsALimitThatWasSeenOnce) {
  IdleLimit limit({});
  limit.peer_closed(10'000);
  for (int i = 0; i < 3; ++i) limit.reached();
  EXPECT_EQ(limit.limit_ms(), 10'000u);
  limit.reached();
  EXPECT_EQ(limit.limit_ms(), 20'000u);
}

TEST(IdleLimit, BelievesALimitThatWasSeenTwiceForLonger) {
  IdleLimit limit({});
  limit.peer_closed(10'100);
  limit.peer_closed(10'000);
  for (int i = 0; i < 63; ++i) limit.reached();
  EXPECT_EQ(limit.limit_ms(), 10'000u);
  limit.reached();
  EXPECT_EQ(limit.limit_ms(), 20'000u);
}

TEST(IdleLimit, ALimitThatIsSeenAgainAfterItWasDoubtedIsBelieved) {
  IdleLimit limit({});
  limit.peer_closed(10'000);
  for (int i = 0; i < 4; ++i) limit.reached();
  EXPECT_EQ(limit.limit_ms(), 20'000u);
  limit.peer_closed(10'100);
  for (int i = 0; i < 63; ++i) limit.reached();
  EXPECT_EQ(limit.limit_ms(), 10'000u);
  limit.reached();
  EXPECT_EQ(limit.limit_ms(), 20'000u);
}

TEST(IdleLimit, ARestartOfTheServerIsForgotten) {
  IdleLimit limit({});
  limit.peer_closed(3'000);
  for (int i = 0; i < 200; ++i) limit.reached();
  EXPECT_EQ(limit.limit_ms(), IdleLimit::kUnknown);
}

}  // namespace
}  // namespace dotring::upstream
