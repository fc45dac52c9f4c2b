// TlsStream over a lower stream without a kernel: what happens when that has no room.

#include <gtest/gtest.h>

#include <thread>

#include "test/engine/io/loop_fixture.h"
#include "test/tls/tls_fixture.h"
#include "tls/tls_stream.h"

namespace dotring::tls {
namespace {

using io::CloseReason;

// A lower stream that keeps what it is given, up to a limit, until the test takes it.
class Lower final : public io::ByteStream {
 public:
  void set_handler(io::StreamHandler* handler) override { handler_ = handler; }
  MutableBytes reserve(size_t size) override {
    if (!active_ || closing || queue_.size() + size > limit) return {};
    return queue_.reserve(size);
  }
  void commit(size_t size) override {
    queue_.commit(size);
    ++commits;
  }
  size_t bytes_queued() const override { return queue_.size(); }
  void pause_reading() override {}
  void resume_reading() override {}
  void close() override { closing = true; }
  void abort() override { closing = aborted = true; }
  bool active() const override { return active_; }

  void open() { active_ = true; }
  std::vector<uint8_t> take() {
    const Bytes bytes = queue_.bytes();
    std::vector<uint8_t> taken(bytes.begin(), bytes.end());
    queue_.clear();
    return taken;
  }
  void give(const std::vector<uint8_t>& bytes) {
    if (active_ && !bytes.empty()) handler_->on_bytes(bytes);
  }
  io::StreamHandler* handler() { return handler_; }
  void finish(CloseReason reason) {
    active_ = false;
    handler_->on_closed(reason, "the lower stream's reason");
  }

  size_t limit = size_t{1} << 20;
  int commits = 0;
  bool closing = false;
  bool aborted = false;

 private:
  io::StreamHandler* handler_ = nullptr;
  ByteBuffer queue_;
  bool active_ = false;
};

struct Party final : io::StreamHandler {
  explicit Party(io::Loop& loop) : stream(loop, lower, {}, statistics) {
    stream.set_handler(this);
    lower.open();
  }
  ~Party() {
    if (stream.active()) lower.finish(CloseReason::Local);
  }
  void on_open() override { opened = true; }
  void on_bytes(Bytes bytes) override { received += text_of(bytes); }
  void on_writable() override { ++writable; }
  void on_closed(CloseReason why, const std::string& text) override {
    reason = why;
    detail = text;
    if (reopen) reopen();
  }

  TlsStatistics statistics;
  Lower lower;
  TlsStream stream;
  bool opened = false;
  int writable = 0;
  std::string received;
  std::string detail;
  CloseReason reason = CloseReason::Local;
  std::function<void()> reopen;
};

class TlsStreamRoomTest : public io::LoopTest {
 protected:
  TlsStreamRoomTest() : client_context_(client_context()), server_context_(server_context()) {}

  void SetUp() override {
    LoopTest::SetUp();
    client_ = std::make_unique<Party>(loop_);
    server_ = std::make_unique<Party>(loop_);
  }
  void start() {
    client_->stream.start_client(*client_context_, trust_, nullptr);
    client_->lower.handler()->on_open();
    server_->stream.start_server(*server_context_);
  }
  // Ends the turn, and carries everything across.
  void exchange() {
    for (int i = 0; i < 6; ++i) {
      loop_.turn(0);
      server_->lower.give(client_->lower.take());
      loop_.turn(0);
      client_->lower.give(server_->lower.take());
    }
  }
  void connect() {
    start();
    exchange();
    ASSERT_TRUE(client_->opened && server_->opened);
  }

  std::unique_ptr<ClientContext> client_context_;
  std::unique_ptr<ServerContext> server_context_;
  Trust trust_ = trust_in("dot.example");
  std::unique_ptr<Party> client_;
  std::unique_ptr<Party> server_;
};

TEST_F(TlsStreamRoomTest, OneTurnIsOneCommitBelow) {
  connect();
  client_->lower.commits = 0;
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(client_->stream.send(bytes_of("a question")));
  EXPECT_EQ(client_->lower.commits, 0);  // nothing before the end of the turn
  loop_.turn(0);
  EXPECT_EQ(client_->lower.commits, 1);
}

TEST_F(TlsStreamRoomTest, NoRoomBelowIsNoRoomAbove) {
  connect();
  client_->lower.limit = 10000;
  EXPECT_FALSE(client_->stream.reserve(5000).empty());
  EXPECT_TRUE(client_->stream.reserve(10000).empty());
  EXPECT_TRUE(client_->stream.send(bytes_of(std::string(5000, 'x'))));
  EXPECT_TRUE(client_->stream.reserve(5000).empty());  // the plaintext that waits counts
  loop_.turn(0);
  EXPECT_TRUE(client_->stream.reserve(5000).empty());  // as ciphertext it still does
  exchange();
  EXPECT_EQ(server_->received, std::string(5000, 'x'));
  EXPECT_FALSE(client_->stream.reserve(5000).empty());
}

TEST_F(TlsStreamRoomTest, RoomThatVanishesDelaysAndLosesNothing) {
  connect();
  EXPECT_TRUE(client_->stream.send(bytes_of(std::string(3000, 'x'))));
  client_->lower.limit = 0;
  loop_.turn(0);  // encrypted, and kept
  EXPECT_EQ(client_->lower.bytes_queued(), 0u);
  EXPECT_GT(client_->stream.bytes_queued(), 3000u);
  EXPECT_TRUE(client_->stream.reserve(1).empty());
  client_->lower.limit = 100000;
  client_->lower.handler()->on_writable();
  EXPECT_EQ(client_->writable, 1);
  exchange();
  EXPECT_EQ(server_->received, std::string(3000, 'x'));
  EXPECT_EQ(client_->stream.bytes_queued(), 0u);
  EXPECT_TRUE(client_->stream.send(bytes_of("more")));
  exchange();
  const std::string sent(3000, 'x');
  EXPECT_EQ(server_->received.substr(0, 3000), sent);
  EXPECT_EQ(server_->received.substr(3000), "more");
}

TEST_F(TlsStreamRoomTest, AHandshakeWithoutRoomEnds) {
  client_->lower.limit = 10;
  client_->stream.start_client(*client_context_, trust_, nullptr);
  client_->lower.handler()->on_open();
  EXPECT_TRUE(client_->lower.aborted);
  client_->lower.finish(CloseReason::Local);
  EXPECT_EQ(client_->reason, CloseReason::SendStalled);
}

TEST_F(TlsStreamRoomTest, TheLowerStreamsReasonIsPassedOn) {
  connect();
  client_->lower.finish(CloseReason::SendStalled);
  EXPECT_EQ(client_->reason, CloseReason::SendStalled);
  EXPECT_EQ(client_->detail, "the lower stream's reason");
  EXPECT_FALSE(client_->stream.active());
}

TEST_F(TlsStreamRoomTest, MayBeOpenedAgainFromInsideOnClosed) {
  connect();
  client_->reopen = [&] {
    client_->reopen = nullptr;
    client_->opened = false;
    client_->lower.closing = false;
    client_->lower.open();
    client_->stream.start_client(*client_context_, trust_, nullptr);
    client_->lower.handler()->on_open();
  };
  client_->lower.finish(CloseReason::Reset);
  EXPECT_TRUE(client_->stream.active());
  server_->lower.finish(CloseReason::Reset);
  server_->lower.open();
  server_->opened = false;
  server_->stream.start_server(*server_context_);
  client_->lower.take();  // what the connection before still had
  client_->stream.abort();
  client_->lower.finish(CloseReason::Local);
  client_->lower.closing = false;
  client_->lower.open();
  client_->stream.start_client(*client_context_, trust_, nullptr);
  client_->lower.handler()->on_open();
  exchange();
  EXPECT_TRUE(client_->opened && server_->opened);
}

TEST(Contexts, AreSharedByThreads) {
  const auto client_side = client_context();
  const auto server_side = server_context();
  const Trust trust = trust_in("dot.example");
  std::vector<int> resumed(4);
  std::vector<std::thread> threads;
  for (int& count : resumed) {
    threads.emplace_back([&] {
      TicketStore tickets;
      for (int i = 0; i < 25; ++i) {
        End client(*client_side, trust, &tickets);
        End server(*server_side);
        converse(client, server);
        count += client.session.resumed() ? 1 : 0;
      }
      Library::leave_thread();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(resumed, std::vector<int>(4, 24));
}

}  // namespace
}  // namespace dotring::tls
