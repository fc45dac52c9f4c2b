#include "tools/replay/pairing.h"

#include <gtest/gtest.h>

#include "test/tools/capture/packets.h"

namespace dotring::replay {
namespace {

using capture::answer;
using capture::kClient4;
using capture::kSecond;
using capture::kServer4;
using capture::kStart;
using capture::MessageKind;
using capture::Octets;
using capture::query;

/// A Pairing and what it has given.
struct Paired {
  explicit Paired(const Pairing::Options& options = {})
      : pairing(options, {1, 2}, [this](Asked&& asked) { given.push_back(std::move(asked)); }) {}

  void ask(const Octets& message, uint64_t after_ns = 0, const Endpoint& client = kClient4,
           bool tcp = false) {
    pairing.take({MessageKind::Query, tcp, kStart + after_ns, client, kServer4, message});
  }
  void reply(const Octets& message, uint64_t after_ns = 0, const Endpoint& client = kClient4,
             bool tcp = false) {
    pairing.take({MessageKind::Answer, tcp, kStart + after_ns, kServer4, client, message});
  }
  uint64_t unmatched() const { return pairing.statistics().without_query; }

  std::vector<Asked> given;
  Pairing pairing;
};

TEST(PairingTest, GivesQueriesInOrderWithTheirAnswers) {
  Paired paired;
  paired.ask(query(1));
  paired.ask(query(2));
  paired.reply(answer(2));
  EXPECT_TRUE(paired.given.empty());  // the first one still waits
  paired.reply(answer(1));
  ASSERT_EQ(paired.given.size(), 2u);
  EXPECT_EQ(paired.given[0].query, query(1));
  EXPECT_EQ(paired.given[0].answer, answer(1));
  EXPECT_EQ(paired.given[1].answer, answer(2));
  EXPECT_EQ(paired.given[0].client, kClient4);
  EXPECT_EQ(paired.given[0].time_ns, kStart);
}

TEST(PairingTest, MatchesByClientTransportIdAndQuestion) {
  Paired paired;
  paired.ask(query(1, "a.example"));
  paired.reply(answer(2, "a.example"));
  paired.reply(answer(1, "b.example"));
  paired.reply(answer(1, "a.example"), 0, capture::endpoint("192.0.2.7:40001"));
  paired.reply(answer(1, "a.example"), 0, capture::endpoint("192.0.2.8:40000"));
  paired.reply(answer(1, "a.example"), 0, kClient4, true);
  EXPECT_EQ(paired.unmatched(), 5u);
  EXPECT_TRUE(paired.given.empty());
  paired.reply(answer(1, "A.exAmple"));  // the case of names does not count
  EXPECT_EQ(paired.given.size(), 1u);
}

TEST(PairingTest, TakesFailuresWithoutTheQuestion) {
  Paired paired;
  paired.ask(query(1));
  Octets formerr = query(1);
  formerr.resize(12);
  formerr[2] = 0x80;
  formerr[5] = 0;  // no question
  paired.reply(formerr);
  EXPECT_EQ(paired.unmatched(), 1u);  // NOERROR says nothing without one
  formerr[3] = 1;
  paired.reply(formerr);
  EXPECT_EQ(paired.given.size(), 1u);
}

TEST(PairingTest, AnswersRepeatedQueriesInOrder) {
  Paired paired;
  paired.ask(query(1));
  paired.ask(query(1));
  paired.reply(answer(1, "www.example", 2));
  paired.reply(answer(1, "www.example", 3));
  paired.reply(answer(1));
  ASSERT_EQ(paired.given.size(), 2u);
  EXPECT_EQ(paired.given[0].answer, answer(1, "www.example", 2));
  EXPECT_EQ(paired.given[1].answer, answer(1, "www.example", 3));
  EXPECT_EQ(paired.unmatched(), 1u);
}

TEST(PairingTest, GivesUpAfterAWhileOfTheCapture) {
  Paired paired;
  paired.ask(query(1));
  paired.ask(query(2), 3 * kSecond);
  paired.pairing.advance(kStart + 5 * kSecond);
  EXPECT_TRUE(paired.given.empty());
  paired.reply(answer(2), 5 * kSecond + 1);
  ASSERT_EQ(paired.given.size(), 2u);
  EXPECT_FALSE(paired.given[0].answered);
  EXPECT_TRUE(paired.given[1].answered);
  paired.reply(answer(1), 5 * kSecond + 2);
  EXPECT_EQ(paired.unmatched(), 1u);
}

TEST(PairingTest, GivesTheRestAtTheEnd) {
  Paired paired;
  paired.ask(query(1));
  paired.ask(query(2));
  paired.pairing.finish();
  EXPECT_EQ(paired.given.size(), 2u);
}

TEST(PairingTest, HoldsNoMoreThanItMay) {
  Pairing::Options options;
  options.waiting_max = 10;
  Paired few(options);
  for (uint16_t id = 0; id < 100; ++id) few.ask(query(id));
  EXPECT_EQ(few.given.size(), 90u);
  options.waiting_max = 1000;
  options.octets_max = 500;
  Paired small(options);
  for (uint16_t id = 0; id < 100; ++id) small.ask(query(id));
  EXPECT_EQ(small.given.size(), 100u - 500 / query(0).size());
}

TEST(PairingTest, WithoutAnswersNothingWaits) {
  Pairing::Options options;
  options.wanted = false;
  Paired paired(options);
  paired.ask(query(1));
  EXPECT_EQ(paired.given.size(), 1u);
}

}  // namespace
}  // namespace dotring::replay
