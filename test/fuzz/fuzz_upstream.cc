// Hostile servers behind a finished handshake: whatever they send and however it is split, each
// question ends once and by its deadline, by an answer to itself that came on a stream on which it
// was asked, or by a failure; each whole message is counted once; in the end nothing is left.
//
// A multiplexer of two servers on streams without a network. The first octet says how: 1 small
// queues that are read only when told, 2 few ids, 4 hedges, 8 drained at the end, 16 by latency.
// Then what happens, one step after another; a stream is named by its place among those that are
// there:
//
//   q NAME MS             a question, with a deadline by the square of this; top bit of its name:
//                         when it ends, one more from inside
//   k WHICH               a client gives up
//   o STREAM              the stream opens
//   c STREAM HOW          the other end closes it
//   r STREAM              the server reads what was written
//   a STREAM WHICH SHAPE  the server answers one that it has read, well or in one of kShapes ways
//   b STREAM SIZE ...     the server writes so many octets
//   s STREAM SIZE         so many octets of what the server wrote arrive; 0: all
//   t MS                  time passes, by the square of this

#include <algorithm>
#include <cassert>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "test/fuzz/hostile_stream.h"
#include "test/tls/upstream/fake_time.h"
#include "tls/upstream/multiplexer.h"
#include "tls/upstream/refusal.h"

namespace dotring::upstream {
namespace {

constexpr size_t kAskedMax = 256;
constexpr size_t kTurnsMax = 4096;  // timers in one step
constexpr size_t kOutboxMax = 1 << 16;

enum Mode : uint8_t { kSlow = 1, kFewIds = 2, kHedging = 4, kDraining = 8, kByLatency = 16 };

class World;

struct Asked : query::Forward {
  Asked(World& owner, dns::QuestionKey asked_for) : world(owner), question(asked_for) {}

  World& world;
  dns::QuestionKey question;
  uint64_t started_ms = 0;
  bool asks_again = false;
  bool done = false;
};

class World {
 public:
  explicit World(uint8_t mode) : mode_(mode) {
    Options options;
    options.servers.resize(2);
    options.policy = has(kByLatency) ? Policy::Fastest : Policy::InOrder;
    options.hedge_percentile = has(kHedging) ? 90 : 0;
    options.connection.ids_max = has(kFewIds) ? 4 : 64;
    options.questions_max = 32;
    std::vector<std::unique_ptr<Dialer>> dialers;
    for (size_t i = 0; i < options.servers.size(); ++i) {
      auto dialer = std::make_unique<FuzzDialer>(streams_, i, has(kSlow) ? 600 : 1 << 20);
      dialers_.push_back(dialer.get());
      dialers.push_back(std::move(dialer));
    }
    multiplexer_ =
        std::make_unique<Multiplexer>(options, time_.time, HashKey{5, 6}, std::move(dialers));
    multiplexer_->open();
  }
  ~World() {
    ending_ = true;
    if (has(kDraining)) multiplexer_->drain();
    // No deadline is longer, and nobody answers any more.
    pass(4096);
    for (const auto& asked : asked_) assert(asked->done);
    assert(!has(kDraining) || multiplexer_->closed());
    multiplexer_->abort();
    for (int i = 0; i < 4; ++i) end_turn(true);
    assert(multiplexer_->closed() && streams_.empty());
    check_end();
  }

  void step(Reader& input) {
    switch (input.u8()) {
      case 'q': {
        const uint8_t name = input.u8(), root = input.u8();
        ask(name, root);
        break;
      }
      case 'k':
        cancel(input.u8());
        break;
      case 'o':
        if (Stream* stream = stream_at(input)) open(*stream);
        break;
      case 'c':
        if (Stream* stream = stream_at(input)) finish(*stream, input.u8());
        break;
      case 'r':
        if (Stream* stream = stream_at(input)) read(*stream);
        break;
      case 'a':
        if (Stream* stream = stream_at(input)) answer(*stream, input);
        break;
      case 'b':
        write(stream_at(input), input);
        break;
      case 's':
        if (Stream* stream = stream_at(input)) arrive(*stream, input.u8());
        break;
      case 't': {
        const uint64_t root = input.u8();
        pass(root * root);
        break;
      }
      default:
        break;
    }
    end_turn(false);
  }

 private:
  static void take(query::Forward& forward, query::ForwardResult result, Bytes message,
                   const dns::AnswerView& view) {
    Asked& asked = static_cast<Asked&>(forward);
    asked.world.on_done(asked, result, message, view);
  }

  bool has(Mode mode) const { return mode_ & mode; }

  /// Null: there is none.
  Stream* stream_at(Reader& input) {
    const size_t index = input.u8();
    return streams_.empty() ? nullptr : streams_[index % streams_.size()].get();
  }

  // Clients

  void ask(uint8_t name, uint64_t root) {
    if (asked_.size() == kAskedMax || ending_) return;
    const std::string text = "n" + std::to_string(name % 8) + ".example.";
    auto asked = std::make_unique<Asked>(*this, key_of(text.c_str()));
    asked->key = &asked->question;
    asked->asks_again = name & 0x80;
    asked->deadline_us = time_.clock.now_us + root * root / 16 * 1000;
    asked->on_done = &World::take;
    asked->started_ms = time_.now_ms();
    if (!multiplexer_->start(*asked)) {
      ++refused_;
      return;
    }
    assert(!asked->done);
    asked_.push_back(std::move(asked));
  }

  void cancel(size_t index) {
    if (asked_.empty()) return;
    Asked& asked = *asked_[index % asked_.size()];
    if (asked.done) return;
    multiplexer_->cancel(asked);
    asked.done = true;
    ++ended_[static_cast<size_t>(query::ForwardResult::Cancelled)];
  }

  void on_done(Asked& asked, query::ForwardResult result, Bytes message,
               const dns::AnswerView& view) {
    assert(!asked.done && asked.forwarder_state == nullptr);
    asked.done = true;
    ++ended_[static_cast<size_t>(result)];
    const uint64_t now_ms = time_.now_ms();
    // A deadline that is over when the question is asked ends at the next tick.
    assert(now_ms <= std::max(asked.deadline_us / 1000, asked.started_ms + 1));
    assert((result == query::ForwardResult::Answered) == !message.empty());
    if (!message.empty()) check_answer(asked, message, view);
    if (asked.asks_again) ask(message.empty() ? 1 : 2, 64);
  }

  void check_answer(const Asked& asked, Bytes message, const dns::AnswerView& view) {
    const dns::QuestionKey& key = asked.question;
    const dns::AnswerView again = dns::view_answer(message, {key.name(), key.type(), key.klass()});
    assert(again.fault == view.fault && again.rcode == view.rcode);
    assert(again.fault == dns::AnswerFault::None ||
           again.fault == dns::AnswerFault::WithoutQuestion);
    const uint16_t id = load_be16(message.data());
    const bool here = current_ && was_asked(*current_, id, key);
    // A refusal is kept, and told when nobody has better.
    const bool earlier = is_refusal(view) && arrived_.contains(to_text(message));
    assert(here || earlier);
  }

  static std::string to_text(Bytes bytes) { return std::string(text_of(bytes)); }

  static bool was_asked(Stream& stream, uint16_t id, const dns::QuestionKey& key) {
    stream.note();
    const auto asked = stream.asked.find(id);
    return asked != stream.asked.end() && asked->second.starts_with(text_of(key.name()));
  }

  // Servers

  void open(Stream& stream) {
    if (!stream.peer->gone() && !stream.peer->closing() && !stream.peer->opened()) {
      stream.peer->open();
    }
  }

  void finish(Stream& stream, uint8_t how) {
    using Reason = io::CloseReason;
    constexpr Reason kOpened[] = {Reason::Peer, Reason::Reset, Reason::SendStalled,
                                  Reason::SecurityFailed};
    constexpr Reason kUnopened[] = {Reason::ConnectFailed, Reason::ConnectTimeout,
                                    Reason::SecurityFailed, Reason::ProtocolFailed};
    dialers_[stream.server]->next_failure = static_cast<DialFailure>(how / 4 % 3);
    stream.peer->finish(stream.peer->opened() ? kOpened[how % 4] : kUnopened[how % 4]);
  }

  void read(Stream& stream) {
    if (!stream.usable()) return;
    stream.note();
    std::vector<SeenQuery> queries = stream.peer->take_queries();
    std::move(queries.begin(), queries.end(), std::back_inserter(stream.read));
    stream.peer->writable();
  }

  void answer(Stream& stream, Reader& input) {
    const size_t index = input.u8();
    const uint8_t shape = input.u8();
    if (stream.read.empty() || stream.outbox.size() > kOutboxMax) return;
    const auto query = stream.read.begin() + static_cast<ptrdiff_t>(index % stream.read.size());
    const auto message = shaped(*query, static_cast<Shape>((shape & ~kAgain) % kShapes));
    const auto frame = FakePeer::framed(message);
    stream.outbox.insert(stream.outbox.end(), frame.begin(), frame.end());
    if (!(shape & kAgain)) stream.read.erase(query);
  }

  static void write(Stream* stream, Reader& input) {
    const size_t wanted = input.u8();
    const Bytes bytes = input.bytes(std::min(wanted, input.remaining()));
    if (stream) stream->outbox.insert(stream->outbox.end(), bytes.begin(), bytes.end());
  }

  void arrive(Stream& stream, size_t wanted) {
    if (!stream.usable()) return;
    const size_t size = wanted == 0 ? stream.outbox.size() : std::min(wanted, stream.outbox.size());
    const auto end = stream.outbox.begin() + static_cast<ptrdiff_t>(size);
    // A copy of its own: nothing may refer to it afterwards.
    const std::vector<uint8_t> piece(stream.outbox.begin(), end);
    stream.outbox.erase(stream.outbox.begin(), end);
    const uint64_t whole = count_whole(stream, piece);
    const uint64_t before = messages_counted(stream.server);
    current_ = &stream;
    stream.peer->send(piece);
    current_ = nullptr;
    const uint64_t counted = messages_counted(stream.server) - before;
    // What comes behind the end of a stream is not looked at.
    assert(counted == whole || (!stream.usable() && counted < whole));
  }

  uint64_t count_whole(Stream& stream, Bytes piece) {
    uint64_t whole = 0;
    stream.sent.feed(piece, [&](Bytes message) {
      ++whole;
      arrived_.insert(to_text(message));
      return true;
    });
    return whole;
  }

  uint64_t messages_counted(size_t server) const {
    const ServerStatistics& counted = *multiplexer_->server_statistics(server);
    return counted.answers.value() + counted.late.value() + counted.unexpected.value() +
           counted.mismatched.value() + counted.malformed.value();
  }

  // Time

  /// From one timer to the next, as a loop that has nothing else to do.
  void pass(uint64_t delay_ms) {
    end_turn(true);
    const uint64_t end_ms = time_.now_ms() + delay_ms;
    for (size_t i = 0; i < kTurnsMax && time_.now_ms() < end_ms; ++i) {
      time_.advance_ms(time_.timers.until_next_ms(end_ms - time_.now_ms()));
      end_turn(true);
    }
  }

  /// Streams that we ended are gone when `closes`, those that are gone are forgotten.
  void end_turn(bool closes) {
    for (size_t i = 0; i < streams_.size(); ++i) {
      const auto peer = streams_[i]->peer;
      if (closes && peer->closing()) peer->finish(io::CloseReason::Local);
      if (!has(kSlow)) read(*streams_[i]);
    }
    std::erase_if(streams_, [](const auto& stream) { return stream->peer->gone(); });
  }

  void check_end() const {
    const Statistics& statistics = multiplexer_->statistics();
    const auto ended = [&](query::ForwardResult result) {
      return ended_[static_cast<size_t>(result)];
    };
    assert(statistics.questions_in_flight.value() == 0 &&
           statistics.questions_waiting.value() == 0);
    assert(statistics.questions.value() == asked_.size());
    assert(statistics.questions_refused.value() == refused_);
    assert(statistics.answered.value() == ended(query::ForwardResult::Answered));
    assert(statistics.timed_out.value() == ended(query::ForwardResult::TimedOut));
    assert(statistics.no_upstream.value() == ended(query::ForwardResult::NoUpstream));
    assert(statistics.network_failed.value() == ended(query::ForwardResult::NetworkFailed));
    assert(statistics.cancelled.value() == ended(query::ForwardResult::Cancelled));
    uint64_t answers = 0;
    for (size_t i = 0; i < dialers_.size(); ++i) {
      const ServerStatistics& server = *multiplexer_->server_statistics(i);
      assert(server.in_flight.value() == 0 && server.streams_open.value() == 0);
      assert(server.answers.value() + server.late.value() <= server.queries.value());
      assert(server.mismatched.value() <= server.queries.value());
      assert(server.writes.value() <= server.queries.value());
      answers += server.answers.value();
    }
    assert(statistics.answered.value() <= answers);
  }

  const uint8_t mode_;
  bool ending_ = false;
  FakeTime time_;
  Streams streams_;
  Stream* current_ = nullptr;         ///< on which bytes arrive just now
  std::set<std::string> arrived_;     ///< whole messages that have arrived
  std::vector<FuzzDialer*> dialers_;  ///< the multiplexer's
  std::vector<std::unique_ptr<Asked>> asked_;
  uint64_t refused_ = 0;
  uint64_t ended_[5] = {};
  std::unique_ptr<Multiplexer> multiplexer_;
};

}  // namespace
}  // namespace dotring::upstream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  dotring::Reader input({data + 1, size - 1});
  dotring::upstream::World world(data[0]);
  while (input.remaining() > 0) world.step(input);
  return 0;
}
