// The server over TLS, seen by the engine's own TLS client: certificates right and wrong, padding,
// resumption, and what goes wrong before any query.

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/dns/answer_view.h"
#include "engine/dns/framing.h"
#include "test/tls/tls_stream_fixture.h"
#include "tools/responder/crew.h"
#include "tools/responder/report.h"

namespace dotring::responder {
namespace {

constexpr const char* kName = "responder.test";

std::string framed_query(std::string_view name, bool padded) {
  std::vector<uint8_t> frame(514);
  Writer message(MutableBytes(frame).subspan(2));
  for (const uint16_t field : std::initializer_list<uint16_t>{7, dns::kFlagRd, 1, 0, 0, 1}) {
    message.u16(field);
  }
  message.bytes(dns::name_from_text(name)->wire());
  message.u16(dns::type::kA);
  message.u16(dns::kClassIn);
  dns::OptFields opt;
  opt.pad_to_multiple = padded ? 128 : 0;
  opt.keepalive_empty = true;
  dns::write_opt(message, opt);
  store_be16(frame.data(), static_cast<uint16_t>(message.offset()));
  return std::string(frame.begin(), frame.begin() + static_cast<ptrdiff_t>(2 + message.offset()));
}

class ResponderTlsTest : public io::LoopTest {
 protected:
  ResponderTlsTest() {
    line.identity.make_names = {kName, "127.0.0.1"};
    line.identity.write_ca_file = testing::TempDir() + "responder_tls_test.pem";
    line.addresses.tls.push_back(*Endpoint::parse("127.0.0.1:0"));
  }
  ~ResponderTlsTest() override { std::remove(line.identity.write_ca_file.c_str()); }

  void start(const std::vector<std::string>& rules = {}) {
    ASSERT_EQ(open_identity(line.identity, clock_.wall_s(), server_context), std::nullopt);
    line.rules = rules;
    std::shared_ptr<const Rules> loaded;
    ASSERT_EQ(load_rules(line, loaded), std::nullopt);
    crew = std::make_unique<Crew>(line, HashKey{1, 2});
    ASSERT_EQ(crew->start(&server_context, clock_, loaded), std::nullopt);
    tls::ClientOptions options;
    options.ca_file = line.identity.write_ca_file;
    ASSERT_EQ(client_context.open(options), std::nullopt);
  }
  /// Connects and sends `greeting`; the client is there until the test ends it.
  void connect(tls::Talker& client, const std::string& greeting) {
    client.greeting = greeting;
    client.stream.start_client(client_context, trust, &tickets);
    client.tcp.connect(crew->addresses().tls[0]);
  }
  bool end(tls::Talker& client) {
    client.stream.close();
    return turn_until([&] { return client.closed == 1; });
  }
  io::CloseReason reason_of_refusal(const tls::TlsStream::Options& options = {}) {
    tls::Talker client(loop_, options);
    connect(client, framed_query("a.", true));
    EXPECT_TRUE(turn_until([&] { return client.closed == 1; }));
    EXPECT_FALSE(client.opened);
    return client.reason;
  }
  uint64_t reported(const std::string& pointer) const {
    const auto json = nlohmann::json::parse(report_json(crew->workers()));
    return json.at(nlohmann::json::json_pointer(pointer)).get<uint64_t>();
  }

  tls::Library library;
  tls::ServerContext server_context;
  tls::ClientContext client_context;
  tls::Trust trust = tls::trust_in(kName);
  tls::TicketStore tickets;
  CommandLine line;
  std::unique_ptr<Crew> crew;
};

/// The first whole message in `received`, and what the engine thinks of it.
dns::AnswerView answer_in(const std::string& received, size_t& size) {
  dns::AnswerView view;
  dns::Framing framing;
  framing.feed(bytes_of(received), [&](Bytes message) {
    size = message.size();
    view = dns::view_answer(message, {});
    return false;
  });
  return view;
}

TEST_F(ResponderTlsTest, AnswersPaddedWhereTheQueryWasAndTellsItsTimeout) {
  line.worker.answerer.keepalive_100ms = 123;
  start();
  for (const bool padded : {true, false}) {
    tls::Talker client(loop_);
    connect(client, framed_query("www.example.", padded));
    ASSERT_TRUE(turn_until([&] { return client.received.size() > 2; }));
    size_t size = 0;
    const dns::AnswerView answer = answer_in(client.received, size);
    EXPECT_EQ(answer.fault, dns::AnswerFault::None);
    EXPECT_EQ(answer.header.answer_count, 1);
    EXPECT_EQ(answer.edns.keepalive_100ms, 123);
    EXPECT_EQ(size == 468, padded);
    ASSERT_TRUE(end(client));
  }
  EXPECT_EQ(reported("/queries/tls"), 2u);
  EXPECT_EQ(reported("/tls/accepted"), 2u);
}

TEST_F(ResponderTlsTest, ResumedHandshakesAreCounted) {
  start();
  for (int i = 0; i < 2; ++i) {
    tls::Talker client(loop_);
    connect(client, framed_query("a.", true));
    ASSERT_TRUE(turn_until([&] { return client.received.size() > 2; }));
    ASSERT_TRUE(end(client));
  }
  EXPECT_EQ(reported("/handshakes/full"), 1u);
  EXPECT_EQ(reported("/handshakes/resumed"), 1u);
}

TEST_F(ResponderTlsTest, WithoutTicketsNothingIsResumed) {
  line.identity.tickets = false;
  start();
  for (int i = 0; i < 2; ++i) {
    tls::Talker client(loop_);
    connect(client, framed_query("a.", true));
    ASSERT_TRUE(turn_until([&] { return client.received.size() > 2; }));
    ASSERT_TRUE(end(client));
  }
  EXPECT_EQ(reported("/handshakes/full"), 2u);
}

TEST_F(ResponderTlsTest, ASelfSignedCertificateIsWhatIsWritten) {
  line.identity.self_signed = true;
  start();
  tls::Talker client(loop_);
  connect(client, framed_query("a.", true));
  ASSERT_TRUE(turn_until([&] { return client.received.size() > 2; }));
  ASSERT_TRUE(end(client));
}

TEST_F(ResponderTlsTest, ACertificateForAnotherNameIsRefusedByClients) {
  line.identity.make_names = {"other.test"};
  start();
  EXPECT_EQ(reason_of_refusal(), io::CloseReason::SecurityFailed);
  EXPECT_EQ(reported("/queries/total"), 0u);
}

TEST_F(ResponderTlsTest, AnExpiredCertificateIsRefusedByClients) {
  line.identity.expired = true;
  start();
  EXPECT_EQ(reason_of_refusal(), io::CloseReason::SecurityFailed);
  EXPECT_EQ(reported("/queries/total"), 0u);
}

TEST_F(ResponderTlsTest, ASilentServerLeavesTheClientToItsTimeout) {
  line.worker.streams.fault = TlsFault::Silent;
  start();
  tls::TlsStream::Options options;
  options.handshake_timeout_ms = 50;
  EXPECT_EQ(reason_of_refusal(options), io::CloseReason::ConnectTimeout);
  EXPECT_TRUE(turn_until([&] { return reported("/tls/accepted") == 1; }));
}

TEST_F(ResponderTlsTest, GarbageIsNotTls) {
  line.worker.streams.fault = TlsFault::Garbage;
  start();
  const io::CloseReason reason = reason_of_refusal();
  EXPECT_TRUE(reason == io::CloseReason::ProtocolFailed ||
              reason == io::CloseReason::SecurityFailed)
      << io::to_text(reason);
}

TEST_F(ResponderTlsTest, ClosedAtOnce) {
  line.worker.streams.fault = TlsFault::Close;
  start();
  const io::CloseReason reason = reason_of_refusal();
  EXPECT_TRUE(reason == io::CloseReason::Peer || reason == io::CloseReason::Reset)
      << io::to_text(reason);
}

TEST_F(ResponderTlsTest, AResetBreaksTheConnectionOff) {
  start({"*:reset-after=1"});
  tls::Talker client(loop_);
  connect(client, framed_query("a.", true));
  ASSERT_TRUE(turn_until([&] { return client.closed == 1; }));
  EXPECT_TRUE(client.opened);
  EXPECT_EQ(client.reason, io::CloseReason::Reset);
  EXPECT_EQ(client.received, "");
}

TEST_F(ResponderTlsTest, ClosingInOrderDeliversTheAnswer) {
  start({"*:close-after=1"});
  tls::Talker client(loop_);
  connect(client, framed_query("a.", true));
  ASSERT_TRUE(turn_until([&] { return client.closed == 1; }));
  EXPECT_EQ(client.reason, io::CloseReason::Peer);
  EXPECT_EQ(client.received.size(), 2 + 468u);
}

TEST_F(ResponderTlsTest, FilesThatAreNotThereAreNamed) {
  IdentityChoice choice;
  choice.certificate_file = "/nowhere/cert.pem";
  choice.key_file = "/nowhere/key.pem";
  const auto failure = open_identity(choice, clock_.wall_s(), server_context);
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->find("/nowhere/cert.pem"), std::string::npos) << *failure;
}

TEST_F(ResponderTlsTest, AnAuthorityThatCannotBeWrittenIsAFailure) {
  line.identity.write_ca_file = "/nowhere/ca.pem";
  EXPECT_EQ(open_identity(line.identity, clock_.wall_s(), server_context),
            "--write-ca /nowhere/ca.pem: cannot be written");
}

}  // namespace
}  // namespace dotring::responder
