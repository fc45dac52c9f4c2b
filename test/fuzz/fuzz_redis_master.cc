// Hostile sentinels and a hostile master: whatever they say and when, nothing is asked of a server
// that did not say "master" by ROLE, every GET ends once, and in the end nothing is left open.
//
// A client of two sentinels on streams without a network. The input is what happens to it, one step
// after another; a stream is named by its place among those that are there:
//
//   o STREAM           the connection is there
//   f STREAM SIZE ...  so many octets arrive
//   c STREAM           the other end closes
//   t MS               time passes, by the square of this
//   g                  a GET and a SET are wanted

#include <algorithm>
#include <cassert>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cache/redis/client.h"
#include "cache/redis/reply_reader.h"
#include "cache/redis/url.h"
#include "engine/base/cursor.h"

namespace dotring::cache::redis {
namespace {

constexpr ReplyReader::Options kReplies{.size_max = 4096, .elements_max = 256};
constexpr size_t kGetsMax = 64;

class Stream;
using Streams = std::vector<Stream*>;

/// The other end sees what was written, and keeps an account of its own of what it has said.
class Stream final : public io::ByteStream {
 public:
  Stream(Streams& all, io::StreamHandler& handler) : all_(all), handler_(&handler) {
    all_.push_back(this);
  }
  ~Stream() override { std::erase(all_, this); }

  void open() {
    if (!std::exchange(opened_, true) && !closing_) handler_->on_open();
  }
  void arrive(Bytes bytes) {
    if (!opened_ || closing_) return;
    listen(bytes);
    handler_->on_bytes(bytes);
  }
  void finish(io::CloseReason reason) {
    handler_->on_closed(closing_ ? io::CloseReason::Local : reason, "fuzz");
  }
  bool closing() const { return closing_; }
  /// All that was written leaves.
  void flush() {
    const std::string_view text = text_of(Bytes(queue_));
    const bool asks =
        text.find("\r\nGET\r\n") != text.npos || text.find("\r\nSET\r\n") != text.npos;
    assert(!asks || said_master_);
    queue_.clear();
  }

  void set_handler(io::StreamHandler* handler) override { handler_ = handler; }
  MutableBytes reserve(size_t size) override {
    if (closing_ || !opened_) return {};
    room_.resize(size);
    return room_;
  }
  void commit(size_t size) override {
    assert(size <= room_.size());
    queue_.insert(queue_.end(), room_.begin(), room_.begin() + static_cast<ptrdiff_t>(size));
  }
  size_t bytes_queued() const override { return queue_.size(); }
  void pause_reading() override {}
  void resume_reading() override {}
  void close() override { closing_ = true; }
  void abort() override { closing_ = true; }
  bool active() const override { return true; }

 private:
  void listen(Bytes bytes) {
    if (broken_) return;
    reader_.feed(bytes);
    ReplyReader::Next next;
    while ((next = reader_.next()) == ReplyReader::Next::Reply) {
      const Reply reply = reader_.reply();
      said_master_ |= reply.is(ReplyType::Array) && reply.size() > 0 && reply[0].text() == "master";
    }
    broken_ = next == ReplyReader::Next::Broken;
  }

  Streams& all_;
  io::StreamHandler* handler_;
  bool opened_ = false;
  bool closing_ = false;
  std::vector<uint8_t> room_;
  std::vector<uint8_t> queue_;
  ReplyReader reader_{kReplies};
  bool broken_ = false;
  bool said_master_ = false;
};

class StreamDialer final : public Dialer {
 public:
  std::unique_ptr<io::ByteStream> dial(const Address& address,
                                       io::StreamHandler& handler) override {
    assert(address.unix_path.empty() && address.endpoint.port != 0);
    return std::make_unique<Stream>(streams, handler);
  }

  Streams streams;
};

struct CountedGet : Get {
  CountedGet() {
    on_done = [](Get& get, GetResult, Bytes) { ++static_cast<CountedGet&>(get).done; };
  }
  int done = 0;
};

class World {
 public:
  World() { client_.start(); }
  ~World() {
    client_.stop();
    while (client_.active()) end_turn();
    end_turn();
    assert(dialer_.streams.empty());
    for (const auto& get : gets_) assert(get->done == 1);
    const Statistics& statistics = client_.statistics();
    assert(statistics.pending.value() == 0 && statistics.servers.value() == 0);
    assert(statistics.servers_readable.value() == 0 && statistics.servers_writable.value() == 0);
  }

  void step(Reader& input) {
    switch (input.u8()) {
      case 'o':
        if (Stream* stream = stream_at(input.u8())) stream->open();
        break;
      case 'f':
        arrive(input);
        break;
      case 'c':
        if (Stream* stream = stream_at(input.u8())) stream->finish(io::CloseReason::Peer);
        break;
      case 't':
        pass(input.u8());
        break;
      case 'g':
        want();
        break;
      default:
        break;
    }
    end_turn();
  }

 private:
  static Options options() {
    Options options;
    options.target = std::get<Target>(parse_url("redis+sentinel://192.0.2.1,192.0.2.2:1/main"));
    options.connection.reply_size_max = kReplies.size_max;
    options.connection.reply_elements_max = kReplies.elements_max;
    options.connection.pending_max = 16;
    return options;
  }

  /// Null: there is none.
  Stream* stream_at(size_t index) {
    return dialer_.streams.empty() ? nullptr : dialer_.streams[index % dialer_.streams.size()];
  }

  void arrive(Reader& input) {
    Stream* stream = stream_at(input.u8());
    const size_t wanted = input.u8();
    const size_t size = std::min(wanted, input.remaining());
    // A copy of its own: nothing may refer to it afterwards.
    const Bytes bytes = input.bytes(size);
    const std::vector<uint8_t> piece(bytes.begin(), bytes.end());
    if (stream) stream->arrive(piece);
  }

  void pass(uint64_t root) {
    clock_.now_us += root * root * 1000 + 1;
    timers_.advance(clock_.now_ms());
  }

  void want() {
    client_.key_value().set(bytes_of("key"), bytes_of("value"), 1000);
    if (gets_.size() == kGetsMax) return;
    auto get = std::make_unique<CountedGet>();
    if (client_.key_value().get(*get, bytes_of("key"))) gets_.push_back(std::move(get));
  }

  /// What was written leaves, and what was ended is closed: each end comes from outside.
  void end_turn() {
    // A server's and a sentinel's: an earlier one is closed before the next one is dialled.
    assert(dialer_.streams.size() <= 2);
    for (Stream* stream : dialer_.streams) stream->flush();
    const auto closing = [](const Stream* stream) { return stream->closing(); };
    for (;;) {
      const auto at = std::find_if(dialer_.streams.begin(), dialer_.streams.end(), closing);
      if (at == dialer_.streams.end()) return;
      (*at)->finish(io::CloseReason::Local);
    }
  }

  TurnClock clock_{.now_us = 1'000'000};
  TimerWheel timers_{1000};
  StreamDialer dialer_;
  Client client_{options(), {timers_, clock_}, HashKey{1, 2}, dialer_};
  std::vector<std::unique_ptr<CountedGet>> gets_;
};

}  // namespace
}  // namespace dotring::cache::redis

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  dotring::Reader input({data, size});
  dotring::cache::redis::World world;
  while (input.remaining() > 0) world.step(input);
  return 0;
}
