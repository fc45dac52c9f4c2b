// Faults at random, many at a time: whatever happens, each question ends once and in time, and
// nothing is left.

#include <gtest/gtest.h>

#include "test/tls/upstream/multiplexer_bench.h"

namespace dotring::upstream {
namespace {

class Soak : public MultiplexerBench, public testing::WithParamInterface<uint64_t> {
 protected:
  bool one_in(uint32_t n) { return random.below(n) == 0; }

  void choose_options() {
    options.servers.resize(1 + random.below(3));
    options.policy = static_cast<Policy>(random.below(3));
    options.connections = 1 + random.below(3);
    options.connection.ids_max = 1u << (2 + random.below(9));
    options.connection.id_quarantine_ms = 100 + random.below(30'000);
    options.questions_max = 16 + random.below(500);
    options.hedge_percentile = one_in(2) ? 90 : 0;
    options.asks_max = 1 + random.below(6);
    options.warm_for_ms = one_in(3) ? 2'000 : 3'600'000;
  }
  void disturb(FakeServer& one) {
    one.fault = one_in(3) ? static_cast<Fault>(random.below(kFaultCount)) : Fault::None;
    one.poison = one_in(2) ? static_cast<Fault>(random.below(kFaultCount)) : Fault::None;
    one.latency_ms = one_in(8) ? random.below(3'000) : 1 + random.below(40);
    one.connect_ms = one_in(8) ? random.below(4'000) : random.below(20);
    one.idle_close_ms = one_in(3) ? 1 + random.below(3'000) : 0;
    one.queue_max = one_in(4) ? 1'000 : 1 << 20;
    one.resumes = one_in(2);
    one.fields = {};
    if (one_in(6)) one.fields.rcode = dns::rcode::kServFail;
    if (one_in(6)) one.fields.keepalive_100ms = static_cast<uint16_t>(random.below(30));
    one.fields.without_question = one_in(20);
    if (one_in(4)) one.reset_all();
    if (one_in(4)) one.send_to_all(random_bytes());
  }
  std::vector<uint8_t> random_bytes() {
    std::vector<uint8_t> bytes(1 + random.below(60));
    for (uint8_t& octet : bytes) octet = static_cast<uint8_t>(random.below(one_in(2) ? 256 : 3));
    return bytes;
  }
  void ask_some() {
    for (uint32_t i = random.below(one_in(20) ? 200 : 4); i > 0; --i) {
      if (multiplexer->statistics().questions_in_flight.value() >= options.questions_max) return;
      const std::string name = (one_in(10) ? "bad" : "n") + std::to_string(random.below(50));
      Client& client = ask(name + ".example.", random.below(4'000));
      if (one_in(10)) client.then = [this] { reenter(); };
    }
  }
  void cancel_some() {
    Client& client = clients[random.below(static_cast<uint32_t>(clients.size()))];
    if (client.done) return;
    multiplexer->cancel(client);
    client.done = true;
    client.done_ms = time.now_ms();
  }

  void reenter() {
    if (asking) one_in(2) ? ask_some() : cancel_some();
  }

  bool asking = true;
  Random random{{GetParam(), 99}};
};

INSTANTIATE_TEST_SUITE_P(, Soak, testing::Range<uint64_t>(1, 61));

TEST_P(Soak, EveryQuestionEndsOnceAndInTime) {
  choose_options();
  open();
  for (int i = 0; i < 15'000; ++i) {
    if (one_in(300)) disturb(*servers[random.below(static_cast<uint32_t>(servers.size()))]);
    if (one_in(3)) ask_some();
    if (!clients.empty() && one_in(10)) cancel_some();
    run_ms(1);
  }
  asking = false;
  run_ms(4'001);
  ASSERT_TRUE(all_done());
  for (const Client& client : clients) {
    ASSERT_LE(client.done_ms, std::max(client.deadline_us / 1000, client.started_ms + 1));
  }
  EXPECT_EQ(multiplexer->statistics().questions_in_flight.value(), 0u);
  EXPECT_EQ(multiplexer->statistics().questions_waiting.value(), 0u);
  // Then all is well again.
  for (FakeServer* one : servers) one->recover();
  run_ms(75'000);
  clients.clear();
  for (int i = 0; i < 10; ++i) ask();
  run_ms(100);
  EXPECT_EQ(answered(), 10);
}

}  // namespace
}  // namespace dotring::upstream
