// The two sums that statistics.h promises, over random queries, answers and faults.

#include "engine/query/statistics.h"

#include "engine/base/random.h"
#include "test/engine/query/fakes.h"

namespace dotring::query {
namespace {

template <size_t kSize>
uint64_t sum(const std::array<Counter, kSize>& counters) {
  uint64_t total = 0;
  for (const Counter& counter : counters) total += counter.value();
  return total;
}

class RandomLife {
 public:
  explicit RandomLife(uint64_t seed) : random_({seed, 1}), world_(options()) {}

  void run() {
    for (int step = 0; step < 3000; ++step) {
      act();
      check(false);
    }
    world_.port.gone.clear();
    world_.advance_ms(6000);
    EXPECT_EQ(world_.pipeline->in_flight(), 0u);
    EXPECT_TRUE(world_.forwarder.under_way.empty());
    EXPECT_TRUE(world_.store.fetches.empty());
    check(true);
  }
  const Statistics& statistics() const { return world_.pipeline->statistics(); }

 private:
  static Pipeline::Options options() {
    Pipeline::Options options;
    options.resolver.waiting_room.admission.in_flight_max = 40;
    options.resolver.waiting_room.admission.in_flight_max_by_transport = {30, 30, 30, 30};
    options.resolver.waiting_room.per_question_max = 6;
    options.resolver.resolutions_max = 16;
    options.over_limit = OverLimit::Drop;
    return options;
  }
  std::string name() { return "n" + std::to_string(random_.below(12)) + ".example"; }

  void act() {
    switch (random_.below(12)) {
      case 0:
        return answer();
      case 1:
        return fail();
      case 2:
        return fetched();
      case 3:
        return world_.advance_ms(random_.below(64) == 0 ? 5000 : random_.below(400));
      case 4:
        world_.store.has_slow_tier = random_.below(2);
        world_.forwarder.full = random_.below(8) == 0;
        return;
      case 5:
        return change_cache();
      default:
        return ask();
    }
  }
  void ask() {
    QuerySpec spec{.name = name()};
    static const char* const kTypes[] = {"A", "AAAA", "ANY", "AXFR", "TYPE250"};
    if (random_.below(4) == 0) spec.type = kTypes[random_.below(5)];
    if (random_.below(16) == 0) spec.name = "x.test";
    if (random_.below(16) == 0) spec.opcode = 4;
    if (random_.below(16) == 0) spec.question_count = 2;
    spec.edns = random_.below(2);
    spec.dnssec_ok = spec.edns && random_.below(2);
    Octets message = make_query(spec);
    if (random_.below(16) == 0) message[2] |= 0x80;
    if (random_.below(16) == 0)
      message.resize(random_.below(static_cast<uint32_t>(message.size())));
    const uint64_t client = ++clients_;
    if (random_.below(16) == 0) world_.port.gone.insert(client);
    world_.handle(client, static_cast<Transport>(random_.below(kTransports)), message);
  }
  Forward* any_forward() {
    auto& under_way = world_.forwarder.under_way;
    if (under_way.empty()) return nullptr;
    return *std::next(under_way.begin(), random_.below(static_cast<uint32_t>(under_way.size())));
  }
  void answer() {
    Forward* forward = any_forward();
    if (!forward) return;
    static const char* const kRcodes[] = {"NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"};
    AnswerSpec spec;
    spec.name = dns::name_to_text(forward->key->name());
    spec.type = forward->key->type() == 1 ? "A" : "AAAA";
    spec.rcode = kRcodes[random_.below(4)];
    spec.tc = random_.below(8) == 0;
    if (random_.below(8) == 0) spec.rcode_extended = static_cast<uint16_t>(random_.below(3));
    if (random_.below(8) == 0) spec.options = make_option(8, {0, 1, 8, 8, 10});
    world_.forwarder.answer(*forward, make_answer(spec));
  }
  void fail() {
    Forward* forward = any_forward();
    if (forward) world_.forwarder.fail(*forward, static_cast<ForwardResult>(1 + random_.below(4)));
  }
  void fetched() {
    if (world_.store.fetches.empty()) return;
    Fetch* fetch = *world_.store.fetches.begin();
    world_.store.fetches.erase(fetch);
    if (random_.below(2)) return fetch->on_done(*fetch, {});
    Octets stored(fetch->key->question_wire().size() + 12, 0);
    stored[2] = 0x80;
    stored[5] = 1;
    std::memcpy(stored.data() + 12, fetch->key->question_wire().data(), stored.size() - 12);
    fetch->on_done(*fetch, stored);
  }
  void change_cache() {
    for (auto& [key, entry] : world_.store.entries) {
      if (random_.below(2)) continue;
      if (entry.freshness == Freshness::Fresh && random_.below(2)) {
        entry.freshness = Freshness::Stale;
      }
      entry.refresh_due = random_.below(2);
    }
    if (random_.below(4) == 0) world_.store.entries.clear();
  }

  // queries = replies + dropped + waiting, and each is answered in one way.
  void check(bool at_end) {
    const Statistics& s = statistics();
    const uint64_t queries = sum(s.queries);
    ASSERT_EQ(queries, sum(s.replies) + sum(s.dropped) + s.waiting.value());
    ASSERT_EQ(queries, world_.port.ended.size() + s.waiting.value());
    ASSERT_EQ(s.waiting.value(), world_.pipeline->in_flight());
    const uint64_t accounted = s.hits.value() + s.stale_at_once.value() + s.failing.value() +
                               s.local.value() + s.rejected.value() + s.misses.value() +
                               s.shed.value();
    ASSERT_LE(accounted, queries);
    ASSERT_GE(accounted + sum(s.dropped), queries);
    if (at_end) {
      ASSERT_EQ(s.resolutions.value(), 0u);
      ASSERT_EQ(s.wait_us.count(), s.misses.value());
    }
  }

  Random random_;
  World world_;
  uint64_t clients_ = 0;
};

// In the order of their declaration, for messages.
std::vector<uint64_t> reached(const Statistics& s) {
  return {s.hits.value(),
          s.stale_at_once.value(),
          s.failing.value(),
          s.local.value(),
          s.rejected.value(),
          s.misses.value(),
          s.joined.value(),
          s.shed.value(),
          s.stale_after_failure.value(),
          s.stale_after_delay.value(),
          s.failed.value(),
          s.overdue.value(),
          s.refreshes.value(),
          s.fetch_hits.value(),
          s.fetch_slow.value(),
          s.forwards_refused.value(),
          s.answers_refused.value()};
}

TEST(Statistics, SumsHoldWhateverHappens) {
  std::vector<uint64_t> total;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomLife life(seed);
    life.run();
    if (testing::Test::HasFatalFailure()) return;
    const std::vector<uint64_t> counts = reached(life.statistics());
    total.resize(counts.size());
    for (size_t i = 0; i < counts.size(); ++i) total[i] += counts[i];
  }
  // The walks went everywhere.
  for (size_t i = 0; i < total.size(); ++i) EXPECT_GT(total[i], 0u) << "counter " << i;
}

TEST(Statistics, RepliesAreCountedByRcodeAndQueriesByTransport) {
  World world;
  world.handle(1, Transport::Udp, make_query({.name = "a.test"}));
  world.handle(2, Transport::Tcp, make_query({.name = "a.test", .opcode = 2}));
  world.handle(3, Transport::Tls, make_query({.name = "a.test", .edns = true, .version = 9}));
  const Statistics& s = world.pipeline->statistics();
  EXPECT_EQ(s.replies[3].value(), 1u);
  EXPECT_EQ(s.replies[4].value(), 1u);
  EXPECT_EQ(s.replies[16].value(), 1u);
  EXPECT_EQ(s.queries[0].value(), 1u);
  EXPECT_EQ(s.queries[1].value(), 1u);
  EXPECT_EQ(s.queries[2].value(), 1u);
}

TEST(Statistics, WaitingTimesAreFromArrivalToReply) {
  World world;
  world.handle(1, Transport::Udp, make_query({.name = "a.example"}));
  world.advance_ms(100);
  world.handle(2, Transport::Udp, make_query({.name = "a.example"}));
  world.advance_ms(50);
  world.forwarder.fail(**world.forwarder.under_way.begin(), ForwardResult::NoUpstream);
  const Histogram& wait = world.pipeline->statistics().wait_us;
  EXPECT_EQ(wait.count(), 2u);
  EXPECT_EQ(wait.sum(), 200'000u);
}

}  // namespace
}  // namespace dotring::query
