// A cache hit through the whole pipeline: checked, keyed, found, written into the port's room,
// sent.
//
// The store holds one answer and compares nothing, so what is measured is everything but the store;
// the budget for it is 150 ns without view_query() (see dns_benchmark.cc). The second half measures
// a miss: taken in, joined or forwarded, answered.

#include <benchmark/benchmark.h>

#include "engine/query/pipeline.h"

namespace dotring::query {
namespace {

// Question www.example.com A, one record, no OPT.
constexpr uint8_t kStored[] = {0,   0,   0x81, 0x80, 0,  1,   0,   1,   0,    0,   0,   0,  //
                               3,   'w', 'w',  'w',  7,  'e', 'x', 'a', 'm',  'p', 'l', 'e', 3,
                               'c', 'o', 'm',  0,    0,  1,   0,   1,   0xc0, 12,  0,   1,   0,
                               1,   0,   0,    0,    60, 0,   4,   192, 0,    2,   1};
constexpr size_t kQuestionEnd = 33;

class Port final : public ReplyPort {
 public:
  MutableBytes reserve_reply(const ReplyTo&, size_t size_max) override {
    return {room_.data(), size_max};
  }
  void send_reply(const ReplyTo&, size_t size) override { octets += size; }
  void drop_reply(const ReplyTo&) override {}

  size_t octets = 0;

 private:
  std::array<uint8_t, 65536> room_{};
};

class OneAnswer final : public AnswerStore {
 public:
  explicit OneAnswer(bool hit) : hit_(hit) {}
  Found find(const dns::QuestionKey& key, uint64_t, MutableBytes room) override {
    Found found;
    benchmark::DoNotOptimize(key.hash());
    if (!hit_) return found;
    std::memcpy(room.data(), kStored, sizeof kStored);
    found.freshness = Freshness::Fresh;
    found.size = sizeof kStored;
    return found;
  }
  Found find_again(const dns::QuestionKey&, uint64_t, MutableBytes) override { return {}; }
  void store(const dns::QuestionKey&, Bytes, const dns::AnswerView&, uint64_t) override {}
  void store_failure(const dns::QuestionKey&, const query::Failure&, uint64_t) override {}

 private:
  bool hit_;
};

class OneQuestion final : public Forwarder {
 public:
  bool start(Forward& forward) override {
    under_way = &forward;
    return true;
  }
  void cancel(Forward&) override {}

  Forward* under_way = nullptr;
};

struct Setting {
  explicit Setting(bool hit)
      : store(hit), pipeline({}, store, forwarder, timers, clock, HashKey{1, 2}, statistics) {}

  TurnClock clock{1'000'000'000};
  TimerWheel timers{1'000'000};
  Port port;
  OneAnswer store;
  OneQuestion forwarder;
  Statistics statistics;
  Pipeline pipeline;
};

// The query for what is stored, with or without an OPT record.
size_t make_query(bool edns, uint8_t* to) {
  static constexpr uint8_t kOpt[] = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};
  std::memcpy(to, kStored, kQuestionEnd);
  store_be16(to, 4711);
  store_be16(to + 2, dns::kFlagRd);
  store_be16(to + 6, 0);
  store_be16(to + 10, edns ? 1 : 0);
  if (edns) std::memcpy(to + kQuestionEnd, kOpt, sizeof kOpt);
  return kQuestionEnd + (edns ? sizeof kOpt : 0);
}

void PipelineHit(benchmark::State& state) {
  const auto setting = std::make_unique<Setting>(true);
  uint8_t message[64];
  ClientQuery query;
  query.message = {message, make_query(state.range(0) != 0, message)};
  query.transport = static_cast<Transport>(state.range(1));
  for (auto _ : state) {
    setting->pipeline.handle(setting->port, query);
    benchmark::DoNotOptimize(setting->port.octets);
  }
}
BENCHMARK(PipelineHit)->ArgNames({"edns", "tcp"})->Args({0, 0})->Args({1, 0})->Args({1, 1});

// Every question is new, forwarded, and answered at once.
void PipelineMiss(benchmark::State& state) {
  const auto setting = std::make_unique<Setting>(false);
  uint8_t message[64];
  ClientQuery query;
  query.message = {message, make_query(false, message)};
  const dns::AnswerView view = dns::view_answer(kStored, {});
  for (auto _ : state) {
    setting->pipeline.handle(setting->port, query);
    Forward& forward = *setting->forwarder.under_way;
    forward.on_done(forward, ForwardResult::Answered, Bytes(kStored), view);
  }
}
BENCHMARK(PipelineMiss);

}  // namespace
}  // namespace dotring::query
