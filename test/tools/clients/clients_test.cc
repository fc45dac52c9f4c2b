// Clients over every transport against the responder, on threads of its own.

#include <gtest/gtest.h>

#include <cstdio>

#include "engine/dns/name.h"
#include "test/engine/io/loop_fixture.h"
#include "tools/clients/crowd.h"
#include "tools/clients/nanoseconds.h"
#include "tools/responder/crew.h"

namespace dotring::clients {
namespace {

constexpr const char* kName = "responder.test";

class ClientsTest : public io::LoopTest, public ClientOwner {
 protected:
  ClientsTest() : crowd_(loop_, {}) {
    line_.identity.make_names = {kName};
    line_.identity.write_ca_file = testing::TempDir() + "clients_test.pem";
    line_.plain.push_back(*Endpoint::parse("127.0.0.1:0"));
    line_.addresses.tls.push_back(*Endpoint::parse("127.0.0.1:0"));
    trust_.authentication_name = kName;
  }
  ~ClientsTest() override {
    close();
    if (crew_) crew_->stop();
    std::remove(line_.identity.write_ca_file.c_str());
  }

  void start(const std::vector<std::string>& rules = {}) {
    ASSERT_EQ(responder::open_identity(line_.identity, clock_.wall_s(), server_context_),
              std::nullopt);
    line_.rules = rules;
    std::shared_ptr<const responder::Rules> loaded;
    ASSERT_EQ(responder::load_rules(line_, loaded), std::nullopt);
    crew_ = std::make_unique<responder::Crew>(line_, HashKey{1, 2});
    ASSERT_EQ(crew_->start(&server_context_, clock_, loaded), std::nullopt);
    tls::ClientOptions options;
    options.ca_file = line_.identity.write_ca_file;
    ASSERT_EQ(context_.open(options), std::nullopt);
  }
  ClientOptions options(Transport transport) {
    ClientOptions options;
    options.transport = transport;
    const responder::Addresses& addresses = crew_->addresses();
    options.server = transport == Transport::Udp   ? addresses.udp[0]
                     : transport == Transport::Tcp ? addresses.tcp[0]
                                                   : addresses.tls[0];
    options.context = &context_;
    options.trust = &trust_;
    return options;
  }
  void make(const ClientOptions& options) {
    client_ = crowd_.make(options, *this);
    ASSERT_EQ(client_->open(), std::nullopt);
  }
  void close() {
    if (!client_) return;
    client_->close();
    EXPECT_TRUE(turn_until([&] { return !client_->active(); }));
    client_.reset();
  }
  bool ask(std::string_view name) {
    std::vector<uint8_t> message(dns::kHeaderSize);
    store_be16(message.data() + 4, 1);
    const auto wire = *dns::name_from_text(name);
    message.insert(message.end(), wire.wire().begin(), wire.wire().end());
    message.insert(message.end(), {0, 1, 0, 1});
    return client_->send(message, {tag_++, 0, now_ns()});
  }
  /// One after the other.
  void ask_and_wait(int count) {
    for (int i = 0; i < count; ++i) {
      const size_t before = answered_.size();
      ASSERT_TRUE(ask("a.example"));
      ASSERT_TRUE(turn_until([&] { return answered_.size() > before; }));
    }
  }
  const Statistics& statistics() const { return crowd_.statistics(); }

  void on_answer(Client&, const Query& query, Bytes message, uint64_t now_ns) override {
    EXPECT_GE(now_ns, query.sent_ns);
    EXPECT_EQ(message[3] & 15, 0);
    answered_.push_back(query.tag);
  }
  void on_lost(Client&, const Query& query, Loss loss) override {
    lost_.emplace_back(query.tag, loss);
  }
  void on_stray(Client&, Verdict verdict, Bytes) override { strays_.push_back(verdict); }
  void on_connect_failed(Client&, const std::string& what) override { failure_ = what; }

  tls::Library library_;
  responder::CommandLine line_;
  tls::ServerContext server_context_;
  tls::ClientContext context_;
  tls::Trust trust_;
  std::unique_ptr<responder::Crew> crew_;
  Crowd crowd_;
  std::unique_ptr<Client> client_;
  uint64_t tag_ = 0;
  std::vector<uint64_t> answered_;
  std::vector<std::pair<uint64_t, Loss>> lost_;
  std::vector<Verdict> strays_;
  std::string failure_;
};

class EveryTransport : public ClientsTest, public testing::WithParamInterface<Transport> {};

TEST_P(EveryTransport, AnswersComeBackWithTheirQueries) {
  start();
  make(options(GetParam()));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(ask("a.example"));
  ASSERT_TRUE(turn_until([&] { return answered_.size() == 50; }));
  EXPECT_TRUE(lost_.empty() && strays_.empty());
  EXPECT_EQ(client_->waiting(), 0u);
}

TEST_P(EveryTransport, HasRoomForItsShareAndGivesUpWhatIsNotAnswered) {
  start({"silent*:drop"});
  ClientOptions few = options(GetParam());
  few.outstanding_max = 2;
  make(few);
  EXPECT_TRUE(ask("silent.example"));
  EXPECT_TRUE(ask("a.example"));
  EXPECT_FALSE(ask("a.example"));
  ASSERT_TRUE(turn_until([&] { return answered_.size() == 1; }));
  client_->give_up(UINT64_MAX);
  ASSERT_EQ(lost_.size(), 1u);
  EXPECT_EQ(lost_[0], std::pair(uint64_t{0}, Loss::Timeout));
  ask_and_wait(1);
}

TEST_P(EveryTransport, ASecondAnswerIsADuplicate) {
  start({"*:twice"});
  make(options(GetParam()));
  ask_and_wait(1);
  ASSERT_TRUE(turn_until([&] { return !strays_.empty(); }));
  EXPECT_EQ(strays_[0], Verdict::Duplicate);
}

TEST_P(EveryTransport, AnotherQuestionIsMismatched) {
  start({"*:wrong-question"});
  make(options(GetParam()));
  ASSERT_TRUE(ask("a.example"));
  ASSERT_TRUE(turn_until([&] { return !strays_.empty(); }));
  EXPECT_EQ(strays_[0], Verdict::Mismatched);
  EXPECT_TRUE(answered_.empty());
}

TEST_P(EveryTransport, AsksFromTheAddressThatItIsGiven) {
  start();
  ClientOptions elsewhere = options(GetParam());
  elsewhere.source = IpAddress::parse("192.0.2.1");  // nobody's here
  client_ = crowd_.make(elsewhere, *this);
  const auto failure = client_->open();
  if (GetParam() == Transport::Udp) {
    ASSERT_TRUE(failure);
    EXPECT_NE(failure->find("bind"), failure->npos);
  } else {
    ASSERT_TRUE(turn_until([&] { return !failure_.empty(); }));
    EXPECT_NE(failure_.find("bind"), failure_.npos);
  }
  client_->close();
  client_.reset();
  elsewhere.source = IpAddress::parse("127.9.8.7");
  make(elsewhere);
  ask_and_wait(1);
}

INSTANTIATE_TEST_SUITE_P(Clients, EveryTransport,
                         testing::Values(Transport::Udp, Transport::Tcp, Transport::Tls));

class EveryStream : public ClientsTest, public testing::WithParamInterface<Transport> {};

TEST_P(EveryStream, AConnectionEndsAfterItsShareOfQueries) {
  start();
  ClientOptions limited = options(GetParam());
  limited.queries_per_connection = 5;
  make(limited);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(ask("a.example"));
  ASSERT_TRUE(turn_until([&] { return answered_.size() == 20; }));
  EXPECT_EQ(statistics().connections_opened.value(), 4u);
  EXPECT_EQ(lost_.size(), 0u);
}

TEST_P(EveryStream, AnIdleConnectionIsClosedAndMadeAgainForTheNextQuery) {
  start();
  ClientOptions idle = options(GetParam());
  idle.idle_timeout_ms = 20;
  make(idle);
  ask_and_wait(1);
  ASSERT_TRUE(turn_until([&] { return !client_->active(); }));
  EXPECT_EQ(statistics().connections_closed.value(), 1u);
  ask_and_wait(1);
  EXPECT_EQ(statistics().connections_opened.value(), 2u);
}

TEST_P(EveryStream, WhatWaitsOnAConnectionThatEndsIsLost) {
  start({"bye*:reset-after=1"});
  make(options(GetParam()));
  ASSERT_TRUE(ask("bye.example"));
  ASSERT_TRUE(turn_until([&] { return !lost_.empty(); }));
  EXPECT_EQ(lost_[0], std::pair(uint64_t{0}, Loss::Connection));
  EXPECT_EQ(statistics().connections_lost.value(), 1u);
  ask_and_wait(1);
}

TEST_P(EveryStream, NobodyThereIsTold) {
  start();
  ClientOptions nobody = options(GetParam());
  nobody.server = *Endpoint::parse("127.0.0.1:1");
  make(nobody);
  ASSERT_TRUE(ask("a.example"));
  ASSERT_TRUE(turn_until([&] { return !failure_.empty(); }));
  EXPECT_NE(failure_.find("refused"), failure_.npos);
  ASSERT_EQ(lost_.size(), 1u);
  EXPECT_EQ(lost_[0].second, Loss::Connection);
}

INSTANTIATE_TEST_SUITE_P(Clients, EveryStream, testing::Values(Transport::Tcp, Transport::Tls));

TEST_F(ClientsTest, TheSecondHandshakeIsResumedAndCountedApart) {
  start();
  ClientOptions each = options(Transport::Tls);
  each.queries_per_connection = 1;
  make(each);
  ask_and_wait(5);
  EXPECT_EQ(statistics().handshake_full_us.count(), 1u);
  EXPECT_GE(statistics().handshake_resumed_us.count(), 3u);
}

TEST_F(ClientsTest, WithoutResumptionEveryHandshakeIsFull) {
  start();
  ClientOptions each = options(Transport::Tls);
  each.queries_per_connection = 1;
  each.resume = false;
  make(each);
  ask_and_wait(3);
  EXPECT_GE(statistics().handshake_full_us.count(), 3u);
  EXPECT_EQ(statistics().handshake_resumed_us.count(), 0u);
}

TEST_F(ClientsTest, AServerThatIsNotTrustedIsNotAsked) {
  trust_.authentication_name = "another.test";
  start();
  make(options(Transport::Tls));
  ASSERT_TRUE(ask("a.example"));
  ASSERT_TRUE(turn_until([&] { return !failure_.empty(); }));
  EXPECT_NE(failure_.find("not trusted"), failure_.npos);
  EXPECT_TRUE(answered_.empty());
}

/// A UDP client for few queries in flight and one for many receive in different ways.
class EveryDepth : public ClientsTest, public testing::WithParamInterface<uint32_t> {
 protected:
  ClientOptions options() {
    ClientOptions options = ClientsTest::options(Transport::Udp);
    options.outstanding_max = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Clients, EveryDepth, testing::Values(50u, 1000u));

TEST_P(EveryDepth, DuplicatesBehindTheLastAnswerAreSeen) {
  start({"*:twice"});
  make(options());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(ask("a.example"));
  ASSERT_TRUE(turn_until([&] { return strays_.size() == 50; }));
  EXPECT_EQ(answered_.size(), 50u);
}

TEST_P(EveryDepth, DatagramsOfDifferentSizesAllArrive) {
  start();
  make(options());
  // As many as by_ring_max and fewer, and more, in one turn.
  for (const int in_turn : {1, 3, 4, 42}) {
    const size_t before = answered_.size();
    for (int i = 0; i < in_turn; ++i) ASSERT_TRUE(ask(i % 9 ? "same.example" : "another.example"));
    ASSERT_TRUE(
        turn_until([&] { return answered_.size() == before + static_cast<size_t>(in_turn); }));
  }
  EXPECT_EQ(client_->answers_dropped(), 0u);
}

TEST_P(EveryDepth, AClosedUdpPortIsNoticed) {
  start();
  ClientOptions nobody = options();
  nobody.server = *Endpoint::parse("127.0.0.1:1");
  make(nobody);
  // Each notice ends a receive that is begun again.
  for (uint64_t i = 1; i < 4; ++i) {
    ASSERT_TRUE(ask("a.example"));
    ASSERT_TRUE(turn_until([&] { return statistics().refusals.value() >= i; }));
  }
}

}  // namespace
}  // namespace dotring::clients
