// Questions that end every stream they are asked on: the others are answered, by the only server
// too, and the server is not held to fail.

#include <gtest/gtest.h>

#include "test/tls/upstream/multiplexer_bench.h"

namespace dotring::upstream {
namespace {

using query::ForwardResult;

struct PoisonCase {
  const char* name;
  Fault fault;
};

std::ostream& operator<<(std::ostream& out, const PoisonCase& one) {
  return out << one.name;
}

const PoisonCase kPoisons[] = {{"Silent", Fault::Silent},
                               {"ClosesAfterEachAnswer", Fault::ClosesAfterEachAnswer},
                               {"Resets", Fault::ResetsUnderLoad},
                               {"Garbage", Fault::Garbage},
                               {"HalfFrame", Fault::HalfFrame}};

class Poison : public MultiplexerBench, public testing::WithParamInterface<PoisonCase> {
 protected:
  Poison() {
    options.servers.resize(1);
    server(0).poison = GetParam().fault;
  }
  /// `bad` of them anywhere among `good` others, in one turn.
  void ask_mixed(int good, int bad) {
    for (int i = 0, asked_bad = 0; i < good; ++i) {
      if (asked_bad < bad && i % (good / bad) == static_cast<int>(seed_ % 7)) {
        ask("bad" + std::to_string(asked_bad++) + ".example.");
      }
      goods.push_back(&ask("good" + std::to_string(i) + ".example."));
    }
  }
  void expect_all_good(uint64_t took_ms_max) {
    EXPECT_TRUE(run_until([&] { return all_done(); }));
    for (const Client* client : goods) {
      EXPECT_TRUE(client->answered())
          << int(client->result) << " after " << client->took_ms() << " ms";
      EXPECT_LE(client->took_ms(), took_ms_max);
    }
    EXPECT_EQ(multiplexer->statistics().questions_waiting.value(), 0u);
  }

  uint64_t seed_ = 0;
  std::vector<Client*> goods;
};

INSTANTIATE_TEST_SUITE_P(, Poison, testing::ValuesIn(kPoisons),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(Poison, TheOthersOfTheSameStreamAreAnswered) {
  for (seed_ = 0; seed_ < 7; ++seed_) {
    open();
    run_ms(5);
    ask_mixed(50, 5);
    expect_all_good(3500);
    goods.clear();
    clients.clear();
    end();
    servers.clear();
    server(0).poison = GetParam().fault;
  }
}

TEST_P(Poison, OneAmongAFewIsFoundQuickly) {
  open();
  run_ms(5);
  ask();
  run_ms(50);
  ask_mixed(10, 1);
  expect_all_good(1200);
}

TEST_P(Poison, InASteadyFlowTheOthersAreAnswered) {
  open();
  run_ms(5);
  for (int i = 0; i < 400; ++i) {
    if (i % 40 == 20) ask("bad" + std::to_string(i) + ".example.");
    goods.push_back(&ask("good" + std::to_string(i) + ".example."));
    run_ms(10);
  }
  expect_all_good(2000);
}

// A stream apart that opens must not be taken for the one that the others wait for. Streams that
// fall silent take longer to find than those that end.
TEST_P(Poison, InABusyFlowTheOthersAreAnswered) {
  const Fault fault = GetParam().fault;
  const bool ends = fault == Fault::ResetsUnderLoad || fault == Fault::ClosesAfterEachAnswer;
  const int every = ends ? 7 : 100;
  open();
  run_ms(5);
  for (int i = 0; i < 300; ++i) {
    if (i % every == 3) ask("bad" + std::to_string(i) + ".example.");
    goods.push_back(&ask("good" + std::to_string(i) + ".example."));
    run_ms(1 + static_cast<uint64_t>(i % 5));
  }
  expect_all_good(3500);
}

TEST_P(Poison, AloneItDoesNotMakeTheServerFail) {
  open();
  run_ms(5);
  Client& bad = ask("bad.example.");
  for (int i = 0; i < 30 && !bad.done; ++i) {
    run_ms(200);
    if (bad.done) break;
    goods.push_back(&ask());
  }
  expect_all_good(2000);
  EXPECT_TRUE(bad.done);
  EXPECT_EQ(std::count(events.begin(), events.end(), Event::Kind::ServerFailing), 0);
  EXPECT_LE(server(0).dialled, 20);
}

TEST_P(Poison, StreamsApartAreBoundedAndClosedAfterwards) {
  open();
  run_ms(5);
  ask_mixed(200, 20);
  EXPECT_TRUE(run_until([&] { return all_done(); }));
  EXPECT_LE(server(0).streams_most, options.connections + 2 + options.connections_apart);
  run_ms(2500);
  EXPECT_LE(server(0).live_streams(), options.connections);
}

class Restart : public MultiplexerBench {};

TEST_F(Restart, ManyQuestionsInFlightAreAskedAgainTogether) {
  options.servers.resize(1);
  server(0).latency_ms = 20;
  open();
  ask();
  run_ms(50);
  for (int i = 0; i < 1000; ++i) ask("n" + std::to_string(i) + ".example.");
  run_ms(10);
  server(0).reset_all();
  EXPECT_TRUE(run_until([&] { return all_done(); }, 100));
  EXPECT_EQ(answered(), 1001);
}

TEST_F(Restart, LostTwiceInARowTheyAreAskedAgainInGroups) {
  options.servers.resize(1);
  server(0).latency_ms = 20;
  open();
  ask();
  run_ms(50);
  for (int i = 0; i < 1000; ++i) ask("n" + std::to_string(i) + ".example.");
  run_ms(10);
  server(0).reset_all();
  ASSERT_TRUE(run_until([&] { return server(0).queries_seen > 1300; }));
  server(0).reset_all();
  EXPECT_TRUE(run_until([&] { return all_done(); }, 1000));
  EXPECT_EQ(answered(), 1001);
  EXPECT_GT(multiplexer->statistics().asked_apart.value(), 0u);
}

}  // namespace
}  // namespace dotring::upstream
