#include "engine/dns/framing.h"

#include <gtest/gtest.h>

#include <memory>

#include "engine/base/random.h"
#include "test/engine/dns/message_builder.h"

namespace dotring::dns {
namespace {

using Messages = std::vector<Octets>;

Octets frame(const Octets& message) {
  return be16(static_cast<unsigned>(message.size())) + message;
}

struct Taker {
  Messages messages;
  size_t take_max = SIZE_MAX;
  bool operator()(Bytes message) {
    messages.emplace_back(message.begin(), message.end());
    return messages.size() < take_max;
  }
};

TEST(Framing, GivesWholeMessagesInPlace) {
  const Octets bytes = frame({1, 2, 3}) + frame({4});
  Framing framing;
  std::vector<const uint8_t*> places;
  EXPECT_TRUE(framing.feed(bytes, [&](Bytes message) {
    places.push_back(message.data());
    return true;
  }));
  EXPECT_EQ(places, (std::vector<const uint8_t*>{bytes.data() + 2, bytes.data() + 7}));
  EXPECT_EQ(framing.bytes_waiting(), 0u);
}

TEST(Framing, GivesEmptyMessagesToo) {
  Framing framing;
  Taker taker;
  EXPECT_TRUE(framing.feed(frame({}) + frame({1}) + frame({}), taker));
  EXPECT_EQ(taker.messages, (Messages{{}, {1}, {}}));
}

TEST(Framing, WaitsForTheRest) {
  const Octets bytes = frame({1, 2, 3});
  Framing framing;
  Taker taker;
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_TRUE(taker.messages.empty());
    EXPECT_EQ(framing.bytes_waiting(), i);
    EXPECT_TRUE(framing.feed(Bytes(bytes).subspan(i, 1), taker));
  }
  EXPECT_EQ(taker.messages, (Messages{{1, 2, 3}}));
  EXPECT_EQ(framing.bytes_waiting(), 0u);
}

TEST(Framing, GivesTheSameHoweverTheBytesAreSplit) {
  Random random({5, 6});
  for (int round = 0; round < 300; ++round) {
    Octets bytes;
    Messages wanted;
    for (uint32_t i = 0; i < 1 + random.below(10); ++i) {
      wanted.emplace_back(random.below(300), static_cast<uint8_t>(i));
      bytes = bytes + frame(wanted.back());
    }
    Framing framing;
    Taker taker;
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = std::min<size_t>(bytes.size() - at, 1 + random.below(200));
      const Octets piece(bytes.begin() + static_cast<ptrdiff_t>(at),
                         bytes.begin() + static_cast<ptrdiff_t>(at + size));
      ASSERT_TRUE(framing.feed(piece, taker));
      ASSERT_LT(framing.bytes_waiting(), 302u);
      at += size;
    }
    ASSERT_EQ(taker.messages, wanted);
    ASSERT_EQ(framing.bytes_waiting(), 0u);
  }
}

TEST(Framing, TakesTheLargestMessage) {
  const Octets message(kMessageSizeMax, 9);
  const Octets bytes = frame(message);
  Framing framing;
  Taker taker;
  EXPECT_TRUE(framing.feed(Bytes(bytes).first(bytes.size() - 1), taker));
  EXPECT_EQ(framing.bytes_waiting(), bytes.size() - 1);
  EXPECT_TRUE(framing.feed(Bytes(bytes).last(1), taker));
  EXPECT_EQ(taker.messages, Messages{message});
}

TEST(Framing, HoldsNoMoreMemoryThanArrivedTwice) {
  const Octets bytes = frame(Octets(kMessageSizeMax, 9));
  Framing framing;
  Taker taker;
  for (size_t at = 0; at + 1 < bytes.size(); at += 7) {
    const size_t size = std::min<size_t>(7, bytes.size() - 1 - at);
    ASSERT_TRUE(framing.feed(Bytes(bytes).subspan(at, size), taker));
    ASSERT_LE(framing.bytes_reserved(), std::min(2 * (at + size), bytes.size()));
  }
  EXPECT_TRUE(framing.feed(Bytes(bytes).last(1), taker));
  EXPECT_EQ(taker.messages.size(), 1u);
  EXPECT_EQ(framing.bytes_reserved(), 0u);
}

TEST(Framing, StopsWhenTheOwnerSaysSo) {
  const Octets bytes = frame({1}) + frame({2}) + Octets{0};
  for (size_t split = 0; split < 3; ++split) {
    Framing framing;
    Taker taker{{}, 1};
    EXPECT_TRUE(framing.feed(Bytes(bytes).first(split), taker));
    EXPECT_FALSE(framing.feed(Bytes(bytes).subspan(split), taker)) << split;
    EXPECT_EQ(taker.messages, (Messages{{1}})) << split;
    EXPECT_EQ(framing.bytes_waiting(), 0u) << split;
  }
}

TEST(Framing, GoesOnWhereAPausedOwnerStopped) {
  const Octets bytes = frame({1}) + frame({2, 2}) + frame({3}) + Octets{0};
  for (size_t split = 0; split < 3; ++split) {
    Framing framing;
    Taker taker{{}, 1};
    EXPECT_EQ(framing.feed_until(Bytes(bytes).first(split), taker), split);
    const size_t taken = split + framing.feed_until(Bytes(bytes).subspan(split), taker);
    EXPECT_EQ(taken, 3u) << split;
    taker.take_max = SIZE_MAX;
    EXPECT_EQ(framing.feed_until(Bytes(bytes).subspan(taken), taker), bytes.size() - taken);
    EXPECT_EQ(taker.messages, (Messages{{1}, {2, 2}, {3}})) << split;
    EXPECT_EQ(framing.bytes_waiting(), 1u) << split;
  }
}

TEST(Framing, MayBeDestroyedByTheOwner) {
  auto framing = std::make_unique<Framing>();
  const Octets bytes = frame({1, 2});
  EXPECT_TRUE(framing->feed(Bytes(bytes).first(3), [](Bytes) { return true; }));
  EXPECT_FALSE(framing->feed(Bytes(bytes).subspan(3), [&framing](Bytes message) {
    framing.reset();
    return message.size() != 2;  // still there, though its owner is not
  }));
  EXPECT_EQ(framing, nullptr);
}

TEST(Framing, ResetForgetsHalfAMessage) {
  Framing framing;
  Taker taker;
  EXPECT_TRUE(framing.feed(Octets{0, 5, 1}, taker));
  framing.reset();
  EXPECT_EQ(framing.bytes_reserved(), 0u);
  EXPECT_TRUE(framing.feed(frame({7}), taker));
  EXPECT_EQ(taker.messages, (Messages{{7}}));
}

}  // namespace
}  // namespace dotring::dns
