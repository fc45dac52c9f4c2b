// The multiplexer over real TLS and TCP on loopback.

#include "tls/upstream/tls_dialer.h"

#include <gtest/gtest.h>

#include "engine/io/acceptor.h"
#include "test/engine/io/loop_fixture.h"
#include "test/tls/tls_fixture.h"
#include "test/tls/upstream/fake_stream.h"
#include "tls/upstream/multiplexer.h"

namespace dotring::upstream {
namespace {

// Answers every query at once.
class DotServer final : private io::AcceptHandler {
 public:
  DotServer(io::Loop& loop, const tls::ServerContext& context)
      : loop_(loop), context_(context), acceptor_(loop, {}) {
    const auto failure = acceptor_.open(*Endpoint::parse("127.0.0.1:0"));
    EXPECT_FALSE(failure) << *failure;
    acceptor_.set_handler(this);
    acceptor_.start();
  }

  Endpoint endpoint() const { return acceptor_.local(); }
  void close_all() {
    for (const auto& session : sessions_) {
      if (session->stream.active()) session->stream.close();
    }
  }
  void stop() {
    acceptor_.stop();
    close_all();
  }
  bool stopped() const {
    return !acceptor_.active() && std::none_of(sessions_.begin(), sessions_.end(),
                                               [](auto& one) { return one->stream.active(); });
  }

  int queries = 0;
  tls::TlsStatistics statistics;

 private:
  struct Session final : io::StreamHandler {
    Session(DotServer& owner, int descriptor)
        : server(owner), tcp(owner.loop_, {}), stream(owner.loop_, tcp, {}, owner.statistics) {
      stream.set_handler(this);
      tcp.adopt(descriptor);
      stream.start_server(owner.context_);
    }
    void on_bytes(Bytes bytes) override {
      framing.feed(bytes, [this](Bytes message) {
        ++server.queries;
        const SeenQuery query{{message.begin(), message.end()}};
        EXPECT_TRUE(stream.send(FakePeer::framed(answer_to(query))));
        return true;
      });
    }
    void on_closed(io::CloseReason, const std::string&) override {}

    DotServer& server;
    io::TcpStream tcp;
    tls::TlsStream stream;
    dns::Framing framing;
  };

  void on_accepted(int descriptor, const Endpoint&) override {
    sessions_.push_back(std::make_unique<Session>(*this, descriptor));
  }

  io::Loop& loop_;
  const tls::ServerContext& context_;
  io::Acceptor acceptor_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

struct Asked : query::Forward {
  dns::QuestionKey question;
  bool done = false;
  query::ForwardResult outcome = query::ForwardResult::Cancelled;
};

class TlsDialerTest : public io::LoopTest {
 protected:
  void SetUp() override {
    io::LoopTest::SetUp();
    server_context_ = tls::server_context();
    client_context_ = tls::client_context();
    server_ = std::make_unique<DotServer>(loop_, *server_context_);
    endpoint_ = server_->endpoint();
  }
  void TearDown() override {
    multiplexer_->abort();
    EXPECT_TRUE(turn_until([&] { return multiplexer_->closed(); }));
    multiplexer_.reset();
    if (server_) stop_server();
  }
  void stop_server() {
    server_->stop();
    EXPECT_TRUE(turn_until([&] { return server_->stopped(); }));
    server_.reset();
  }

  /// One stream, on which a question is written once, however slow the machine is.
  static Options one_patient_stream() {
    Options options;
    options.connections = 1;
    options.patience_ms_min = options.patience_unmeasured_ms = 5000;
    return options;
  }
  void open(const std::string& name, Options options = {}) {
    options.servers.push_back({endpoint_, tls::trust_in(name)});
    options.on_event = [this](const Event& event) {
      events_.push_back(event.kind);
      details_.push_back(event.detail);
    };
    std::vector<std::unique_ptr<Dialer>> dialers;
    dialers.push_back(std::make_unique<TlsDialer>(loop_, *client_context_, options.servers[0],
                                                  TlsDialer::Options{}, statistics_));
    multiplexer_ = std::make_unique<Multiplexer>(options, loop_.turn_time(), HashKey{7, 8},
                                                 std::move(dialers));
    multiplexer_->open();
  }
  Asked& ask(const std::string& name) {
    Asked& asked = *asked_.emplace_back(std::make_unique<Asked>());
    asked.question = key_of(name.c_str());
    asked.key = &asked.question;
    asked.deadline_us = loop_.now_us() + 8'000'000;
    asked.on_done = [](query::Forward& forward, query::ForwardResult result, Bytes,
                       const dns::AnswerView&) {
      Asked& self = static_cast<Asked&>(forward);
      self.done = true;
      self.outcome = result;
    };
    EXPECT_TRUE(multiplexer_->start(asked));
    return asked;
  }
  bool all_answered() const {
    return std::all_of(asked_.begin(), asked_.end(), [](const auto& one) {
      return one->done && one->outcome == query::ForwardResult::Answered;
    });
  }
  const ServerStatistics& upstream() const { return *multiplexer_->server_statistics(0); }
  bool wait_for_stream() {
    return turn_until([&] { return upstream().streams_open.value() > 0; });
  }

  std::unique_ptr<tls::ServerContext> server_context_;
  std::unique_ptr<tls::ClientContext> client_context_;
  std::unique_ptr<DotServer> server_;
  Endpoint endpoint_;
  tls::TlsStatistics statistics_;
  std::vector<Event::Kind> events_;
  std::vector<std::string> details_;
  std::vector<std::unique_ptr<Asked>> asked_;
  std::unique_ptr<Multiplexer> multiplexer_;
};

TEST_F(TlsDialerTest, AnswersQuestionsOverTls) {
  open("dot.example");
  for (int i = 0; i < 500; ++i) ask("n" + std::to_string(i) + ".example.");
  EXPECT_TRUE(turn_until([&] { return all_answered(); }));
  EXPECT_EQ(server_->queries, 500);
}

TEST_F(TlsDialerTest, AllQueriesOfATurnLeaveInOneRecordAndOneSend) {
  open("dot.example", one_patient_stream());
  ASSERT_TRUE(wait_for_stream());
  // What follows the handshake, tickets above all, has left before the first answer.
  ask("n.example.");
  ASSERT_TRUE(turn_until([&] { return all_answered(); }));
  uint64_t turns = 1;
  for (const int queries : {1, 8, 64}) {
    const uint64_t sends = loop_.statistics().sends.value();
    for (int i = 0; i < queries; ++i) ask("n.example.");
    loop_.turn(0);
    EXPECT_EQ(loop_.statistics().sends.value() - sends, 1u) << queries;
    ASSERT_TRUE(turn_until([&] { return all_answered(); }));
    EXPECT_EQ(loop_.statistics().sends.value() - sends, 2u) << "and one of all the answers";
    ++turns;
    EXPECT_EQ(statistics_.records_written.value(), turns);
    EXPECT_EQ(upstream().writes.value(), turns);
  }
  EXPECT_EQ(upstream().queries.value(), 1u + 1 + 8 + 64);
}

// Queries per write is what shares a send: a record ends at 16 KiB, so that 200 queries need two.
TEST_F(TlsDialerTest, AWriteOfMoreThanARecordHoldsIsCountedOnce) {
  open("dot.example", one_patient_stream());
  ASSERT_TRUE(wait_for_stream());
  ask("n.example.");
  ASSERT_TRUE(turn_until([&] { return all_answered(); }));
  const uint64_t sends = loop_.statistics().sends.value();
  for (int i = 0; i < 200; ++i) ask("n.example.");
  loop_.turn(0);
  EXPECT_EQ(loop_.statistics().sends.value() - sends, 1u);
  EXPECT_EQ(statistics_.records_written.value(), 3u);
  EXPECT_EQ(upstream().writes.value(), 2u);
  EXPECT_TRUE(turn_until([&] { return all_answered(); }));
}

TEST_F(TlsDialerTest, TheNextStreamResumesTheSession) {
  open("dot.example");
  ask("a.example.");
  ASSERT_TRUE(turn_until([&] { return all_answered(); }));
  server_->close_all();
  ASSERT_TRUE(turn_until([&] { return upstream().handshakes_resumed.value() == 1; }));
  EXPECT_EQ(upstream().handshakes_full.value(), 1u);
  EXPECT_EQ(upstream().peer_closes_idle.value(), 1u);
  ask("b.example.");
  EXPECT_TRUE(turn_until([&] { return all_answered(); }));
}

TEST_F(TlsDialerTest, NothingIsSentToAServerOfAnotherName) {
  open("other.example");
  Asked& asked = ask("a.example.");
  ASSERT_TRUE(turn_until([&] { return asked.done; }));
  EXPECT_EQ(asked.outcome, query::ForwardResult::NoUpstream);
  EXPECT_EQ(server_->queries, 0);
  EXPECT_EQ(upstream().certificates_refused.value(), 1u);
  ASSERT_EQ(events_, std::vector{Event::Kind::CertificateRefused});
  EXPECT_FALSE(details_[0].empty());
}

TEST_F(TlsDialerTest, AServerWithoutACommonVersionIsNoRefusedCertificate) {
  tls::ClientOptions old = tls::client_options();
  old.tls12_only = true;
  client_context_ = tls::client_context(old);
  tls::ServerOptions strict = tls::server_options();
  strict.tls13_only = true;
  stop_server();
  server_context_ = tls::server_context(strict);
  server_ = std::make_unique<DotServer>(loop_, *server_context_);
  endpoint_ = server_->endpoint();
  open("dot.example");
  Asked& asked = ask("a.example.");
  ASSERT_TRUE(turn_until([&] { return asked.done; }));
  EXPECT_EQ(asked.outcome, query::ForwardResult::NoUpstream);
  EXPECT_EQ(upstream().certificates_refused.value(), 0u);
  EXPECT_GE(upstream().handshakes_failed.value(), 1u);
  ASSERT_FALSE(events_.empty());
  EXPECT_EQ(events_[0], Event::Kind::HandshakeFailed);
}

TEST_F(TlsDialerTest, NothingIsSentToAServerThatNobodyVouchesFor) {
  const tls::Identity stranger = tls::identity_of(tls::identity_options());
  client_context_ = tls::client_context(tls::client_options(stranger));
  open("dot.example");
  Asked& asked = ask("a.example.");
  ASSERT_TRUE(turn_until([&] { return asked.done; }));
  EXPECT_EQ(asked.outcome, query::ForwardResult::NoUpstream);
  EXPECT_EQ(server_->queries, 0);
}

TEST_F(TlsDialerTest, AServerThatIsGoneIsKnownQuickly) {
  stop_server();
  open("dot.example");
  Asked& asked = ask("a.example.");
  ASSERT_TRUE(turn_until([&] { return asked.done; }));
  EXPECT_EQ(asked.outcome, query::ForwardResult::NoUpstream);
  EXPECT_EQ(upstream().connects_failed.value(), 2u);
}

}  // namespace
}  // namespace dotring::upstream
