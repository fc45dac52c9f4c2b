// What a question costs in the DoT multiplexer, apart from TLS and TCP: asked, written, answered,
// given back.

#include <benchmark/benchmark.h>

#include <cassert>

#include "tls/upstream/multiplexer.h"

namespace dotring::upstream {
namespace {

// Answers by turning the queries that were written into responses, in place.
class EchoStream final : public io::ByteStream {
 public:
  explicit EchoStream(io::StreamHandler& handler) : handler_(handler), room_(1 << 20) {}

  void set_handler(io::StreamHandler*) override {}
  MutableBytes reserve(size_t size) override { return MutableBytes(room_).subspan(written_, size); }
  void commit(size_t size) override { written_ += size; }
  size_t bytes_queued() const override { return 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  void close() override {}
  void abort() override { aborted_ = true; }
  bool active() const override { return true; }

  void open() { handler_.on_open(); }
  void answer() {
    size_t at = 0;
    while (at < written_) {
      uint8_t* message = room_.data() + at + 2;
      message[2] |= 0x80;
      at += size_t{2} + load_be16(message - 2);
    }
    const Bytes bytes = Bytes(room_).first(std::exchange(written_, 0));
    handler_.on_bytes(bytes);
  }
  void finish() {
    if (aborted_) handler_.on_closed(io::CloseReason::Local, "");
  }

 private:
  io::StreamHandler& handler_;
  std::vector<uint8_t> room_;
  size_t written_ = 0;
  bool aborted_ = false;
};

class EchoDialer final : public Dialer {
 public:
  explicit EchoDialer(std::vector<EchoStream*>& streams) : streams_(streams) {}
  std::unique_ptr<io::ByteStream> dial(io::StreamHandler& handler) override {
    auto stream = std::make_unique<EchoStream>(handler);
    streams_.push_back(stream.get());
    return stream;
  }
  bool resumed(const io::ByteStream&) const override { return false; }
  DialFailure failure(const io::ByteStream&) const override { return DialFailure::Other; }

 private:
  std::vector<EchoStream*>& streams_;
};

dns::QuestionKey question() {
  static constexpr uint8_t kName[] = "\3www\7example\3com";
  return dns::QuestionKey({kName, dns::type::kA, dns::kClassIn}, dns::QuestionKey::kRd, {1, 2});
}

// range(0) questions per turn, range(1) servers.
void multiplexer_turn(benchmark::State& state) {
  TurnClock clock{1'000'000'000};
  TimerWheel timers(clock.now_ms());
  Options options;
  options.servers.resize(static_cast<size_t>(state.range(1)));
  std::vector<EchoStream*> streams;
  std::vector<std::unique_ptr<Dialer>> dialers;
  for (size_t i = 0; i < options.servers.size(); ++i) {
    dialers.push_back(std::make_unique<EchoDialer>(streams));
  }
  Multiplexer multiplexer(options, {timers, clock}, {1, 2}, std::move(dialers));
  multiplexer.open();

  const dns::QuestionKey key = question();
  std::vector<query::Forward> forwards(static_cast<size_t>(state.range(0)));
  for (query::Forward& forward : forwards) {
    forward.key = &key;
    forward.on_done = [](query::Forward&, query::ForwardResult result, Bytes,
                         const dns::AnswerView&) {
      if (result == query::ForwardResult::NoUpstream) std::abort();
    };
  }
  size_t opened = 0;
  for (auto _ : state) {
    while (opened < streams.size()) streams[opened++]->open();
    clock.now_us += 100;
    timers.advance(clock.now_ms());
    for (query::Forward& forward : forwards) {
      forward.deadline_us = clock.now_us + 5'000'000;
      multiplexer.start(forward);
    }
    for (EchoStream* stream : streams) stream->answer();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  multiplexer.abort();
  for (EchoStream* stream : streams) stream->finish();
}
BENCHMARK(multiplexer_turn)->ArgsProduct({{1, 8, 64}, {1, 2}});

}  // namespace
}  // namespace dotring::upstream
