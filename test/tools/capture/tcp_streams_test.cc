#include <gtest/gtest.h>

#include "test/tools/capture/dissection.h"

namespace dotring::capture {
namespace {

const Octets kOne = query(1, "one.example");
const Octets kTwo = query(2, "two.example");
const Octets kThree = query(3, "three.example");
const Octets kAll = framed(kOne) + framed(kTwo) + framed(kThree);
const std::vector<Octets> kMessages = {kOne, kTwo, kThree};

/// A connection whose first octet has the sequence number that `start` says.
struct Connection : Dissection {
  explicit Connection(uint32_t start_sequence = 1000, const Dissector::Options& options = {})
      : Dissection(228, options), start(start_sequence) {}

  void syn() { take(tcp4(start - 1, kSyn, {})); }
  void segment(size_t from, size_t size = SIZE_MAX, uint64_t after_ns = 0) {
    take(tcp4(start + static_cast<uint32_t>(from), kAck, cut(kAll, from, size)), after_ns);
  }
  void finish() {
    dissector.finish();
    EXPECT_TRUE(adds_up());
  }

  uint32_t start;
};

const size_t kSecondAt = framed(kOne).size();
const size_t kThirdAt = kSecondAt + framed(kTwo).size();

TEST(TcpStreamsTest, FindsSeveralMessagesInOneSegment) {
  Connection connection;
  connection.syn();
  connection.segment(0);
  EXPECT_EQ(connection.messages(), kMessages);
  EXPECT_TRUE(connection.found[0].tcp);
  EXPECT_EQ(connection.count(Fate::Queries), 1u);
  EXPECT_EQ(connection.count(Fate::NoPayload), 1u);
}

TEST(TcpStreamsTest, PutsMessagesTogetherFromAnyPieces) {
  for (size_t size = 1; size < kAll.size(); ++size) {
    Connection connection(0xffffffff - 20);  // the numbers wrap
    connection.syn();
    for (size_t at = 0; at < kAll.size(); at += size) connection.segment(at, size);
    EXPECT_EQ(connection.messages(), kMessages) << size;
    connection.finish();
    EXPECT_EQ(connection.count(Fate::SegmentIncomplete), 0u) << size;
  }
}

TEST(TcpStreamsTest, TakesSegmentsOutOfOrderAndTwice) {
  for (size_t size = 5; size < 40; size += 7) {
    Connection connection(0xffffffff - 20);
    connection.syn();
    std::vector<size_t> starts;
    for (size_t at = 0; at < kAll.size(); at += size) starts.push_back(at);
    for (size_t i = starts.size(); i > 0; --i) connection.segment(starts[i - 1], size);
    for (const size_t at : starts) connection.segment(at, size);
    EXPECT_EQ(connection.messages(), kMessages) << size;
    EXPECT_EQ(connection.count(Fate::Repeated), starts.size()) << size;
    connection.finish();
  }
}

TEST(TcpStreamsTest, TakesSegmentsThatOverlap) {
  Connection connection;
  connection.syn();
  connection.segment(0, 20);
  connection.segment(10, 30);
  connection.segment(60, 20);  // behind a hole
  connection.segment(30, 40);  // closes it, and overlaps
  connection.segment(0, 80);
  connection.segment(70);
  EXPECT_EQ(connection.messages(), kMessages);
  connection.finish();
}

TEST(TcpStreamsTest, JoinsInTheMiddleAtAMessage) {
  Connection connection;
  connection.segment(kSecondAt - 5, 5);  // the end of a message that began before
  connection.segment(kSecondAt);
  EXPECT_EQ(connection.messages(), (std::vector<Octets>{kTwo, kThree}));
  EXPECT_EQ(connection.count(Fate::SegmentUnaligned), 1u);
  connection.finish();
}

TEST(TcpStreamsTest, GoesOnBehindAHole) {
  Connection connection;
  connection.syn();
  connection.segment(0, 10);
  connection.segment(kSecondAt, kThirdAt - kSecondAt, kSecond);
  connection.segment(kThirdAt, SIZE_MAX, kSecond);
  EXPECT_TRUE(connection.messages().empty());
  connection.take(udp4(answer(9), kServer4, kClient4), 2 * kSecond);
  EXPECT_TRUE(connection.found.size() == 1);
  connection.take(tcp4(1, kAck, {}, endpoint("192.0.2.9:1")),
                  5 * kSecond);  // of another connection
  EXPECT_EQ(connection.found.size(), 3u);
  EXPECT_EQ(connection.found[1].octets, kTwo);
  EXPECT_EQ(connection.found[2].octets, kThree);
  connection.finish();
  EXPECT_EQ(connection.count(Fate::SegmentIncomplete), 1u);
  EXPECT_EQ(connection.count(Fate::Queries), 2u);
}

TEST(TcpStreamsTest, GivesWhatLiesBehindHolesAtTheEnd) {
  Connection connection;
  connection.syn();
  connection.segment(kSecondAt, 20);  // its rest is missing
  connection.segment(kThirdAt);
  connection.finish();
  EXPECT_EQ(connection.messages(), std::vector<Octets>{kThree});
  EXPECT_EQ(connection.count(Fate::SegmentIncomplete), 1u);
  EXPECT_EQ(connection.count(Fate::Queries), 1u);
}

TEST(TcpStreamsTest, CountsAMessageThatNeverEnds) {
  Connection connection;
  connection.syn();
  connection.segment(0, 10);
  connection.segment(10, 10);
  connection.finish();
  EXPECT_EQ(connection.count(Fate::SegmentIncomplete), 2u);
}

TEST(TcpStreamsTest, ANewConnectionOfTheSamePortsBeginsAnew) {
  Connection connection;
  connection.syn();
  connection.segment(0, 10);
  Connection& again = connection;
  again.start = 5000;
  again.syn();
  again.segment(0);
  again.syn();  // once more: nothing is new
  again.segment(0);
  EXPECT_EQ(again.messages(), kMessages);
  // And without its beginning.
  again.start = 900'000'000;
  again.segment(0);
  EXPECT_EQ(again.found.size(), 6u);
  again.finish();
  EXPECT_EQ(again.count(Fate::SegmentIncomplete), 1u);
}

TEST(TcpStreamsTest, DistrustsAStreamAfterWhatIsNoMessage) {
  Connection connection;
  connection.syn();
  connection.take(tcp4(1000, kAck, framed(Octets(5))));
  EXPECT_EQ(connection.count(Fate::NotDns), 1u);
  connection.take(tcp4(1007, kAck, Octets(30, 0xff)));
  EXPECT_EQ(connection.count(Fate::SegmentUnaligned), 1u);
  connection.take(tcp4(1037, kAck, framed(kOne)));
  EXPECT_EQ(connection.messages(), std::vector<Octets>{kOne});
  connection.finish();
}

TEST(TcpStreamsTest, DirectionsAreStreamsOfTheirOwn) {
  Connection connection;
  connection.syn();
  connection.take(tcp4(77, kSyn | kAck, {}, kServer4, kClient4));
  connection.segment(0, 10);
  const Octets reply = framed(answer(1, "one.example"));
  connection.take(tcp4(78, kAck, cut(reply, 0, 20), kServer4, kClient4));
  connection.segment(10);
  connection.take(tcp4(98, kAck | kFin, cut(reply, 20), kServer4, kClient4));
  connection.take(tcp4(98 + 25, kRst, {}, kServer4, kClient4));
  ASSERT_EQ(connection.found.size(), 4u);
  EXPECT_EQ(connection.found[3].kind, MessageKind::Answer);
  connection.finish();
}

TEST(TcpStreamsTest, HoldsNoMoreThanItMay) {
  Dissector::Options options;
  options.tcp.streams_max = 10;
  options.tcp.octets_max = 4000;
  options.tcp.held_segments_max = 4;
  Connection many(1000, options);
  for (uint16_t port = 1; port <= 100; ++port) {
    many.take(tcp4(1000, kAck, cut(kAll, 0, 20), {kClient4.address, port}));
  }
  EXPECT_EQ(many.count(Fate::SegmentIncomplete), 90u);
  many.finish();
  EXPECT_EQ(many.count(Fate::SegmentIncomplete), 100u);

  Connection holes(1000, options);
  holes.syn();
  for (size_t at = 10; at + 10 < kAll.size(); at += 2) holes.segment(at, 1);
  EXPECT_LE(holes.count(Fate::SegmentUsed), 5u);
  holes.finish();

  Connection large(1000, options);
  for (uint16_t port = 1; port <= 9; ++port) {
    large.take(tcp4(5, kSyn, {}, {kClient4.address, port}));
    large.take(tcp4(7, kAck, Octets(1000), {kClient4.address, port}));
  }
  EXPECT_GE(large.count(Fate::SegmentIncomplete), 4u);
  large.finish();
}

}  // namespace
}  // namespace dotring::capture
