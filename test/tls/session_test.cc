#include "tls/session.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/tls/tls_fixture.h"

namespace dotring::tls {
namespace {

using State = Session::State;

enum class Version { Tls12, Tls13 };

class SessionTest : public ::testing::TestWithParam<Version> {
 protected:
  SessionTest() {
    ClientOptions options = client_options();
    options.tls12_only = GetParam() == Version::Tls12;
    options.tls13_only = GetParam() == Version::Tls13;
    client_context_ = client_context(options);
    server_context_ = server_context();
  }

  std::unique_ptr<ClientContext> client_context_;
  std::unique_ptr<ServerContext> server_context_;
  Trust trust_ = trust_in("dot.example");
};

INSTANTIATE_TEST_SUITE_P(Versions, SessionTest, ::testing::Values(Version::Tls12, Version::Tls13),
                         [](const auto& version) {
                           return version.param == Version::Tls12 ? "Tls12" : "Tls13";
                         });

// Records in a run of ciphertext.
size_t records_in(const std::vector<uint8_t>& ciphertext) {
  size_t records = 0;
  for (size_t at = 0; at < ciphertext.size(); ++records) at += 5u + load_be16(&ciphertext[at + 3]);
  return records;
}

TEST_P(SessionTest, TwoEndsAgreeAndTalk) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  converse(client, server);
  ASSERT_EQ(client.session.state(), State::Open) << client.session.failure().text;
  ASSERT_EQ(server.session.state(), State::Open) << server.session.failure().text;
  EXPECT_FALSE(client.session.resumed());
  EXPECT_EQ(client.session.alpn(), "dot");
  EXPECT_EQ(server.session.alpn(), "dot");

  client.write("a question");
  converse(client, server);
  EXPECT_EQ(server.received, "a question");
  server.write("an answer");
  converse(client, server);
  EXPECT_EQ(client.received, "an answer");
}

TEST_P(SessionTest, VersionAndCipherAreTheOnesPreferred) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  converse(client, server);
  const std::string text = client.session.description();
  EXPECT_EQ(text.substr(0, 7), GetParam() == Version::Tls12 ? "TLSv1.2" : "TLSv1.3") << text;
  EXPECT_NE(text.find("CHACHA20"), text.npos) << text;
}

TEST_P(SessionTest, BytesMayArriveOneByOneAndLeaveInSmallRooms) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  client.room_at_a_time = 7;
  server.room_at_a_time = 1;
  converse(client, server, 1);
  ASSERT_EQ(client.session.state(), State::Open) << client.session.failure().text;
  client.write(std::string(20000, 'q'));
  converse(client, server, 1);
  EXPECT_EQ(server.received, std::string(20000, 'q'));
}

TEST_P(SessionTest, SixtyFourMessagesAreOneRecord) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  converse(client, server);
  const std::string messages(64 * 130, 'm');
  client.write(messages);
  EXPECT_EQ(records_in(client.sent), 1u);
  converse(client, server);
  EXPECT_EQ(server.received, messages);
}

TEST_P(SessionTest, LargeWritesFillTheirRecords) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  converse(client, server);
  std::string large(5 * Session::kRecordMax + 17, '\0');
  Random random({1, 2});
  for (char& c : large) c = static_cast<char>(random.next());
  client.write(large);
  EXPECT_EQ(records_in(client.sent), 6u);
  converse(client, server);
  EXPECT_EQ(server.received, large);
}

TEST_P(SessionTest, WhatDoesNotFitTheRoomIsKept) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  converse(client, server);
  const std::string text(2 * Session::kRecordMax, 't');
  std::vector<uint8_t> room(1000);
  MutableBytes output(room);
  EXPECT_TRUE(client.session.write(bytes_of(text), output));
  EXPECT_TRUE(client.session.wants_room());
  EXPECT_TRUE(output.empty());
  EXPECT_GT(client.session.bytes_kept(), 2 * Session::kRecordMax - room.size());
  client.sent = room;
  client.write("the next");  // what is kept comes first
  EXPECT_FALSE(client.session.wants_room());
  converse(client, server);
  EXPECT_EQ(server.received, text + "the next");
}

TEST_P(SessionTest, CloseNotifyEndsReadingAndNotWriting) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  converse(client, server);
  client.write("last words");
  client.close();
  converse(client, server);
  EXPECT_EQ(server.received, "last words");
  EXPECT_EQ(server.session.state(), State::PeerClosed);
  std::vector<uint8_t> room(1000);
  MutableBytes output(room);
  EXPECT_TRUE(server.session.write(bytes_of("the answer"), output));
  EXPECT_LT(output.size(), room.size());
}

TEST_P(SessionTest, NothingIsWrittenBeforeTheHandshake) {
  End client(*client_context_, trust_, nullptr);
  std::vector<uint8_t> room(1000);
  MutableBytes output(room);
  EXPECT_FALSE(client.session.write(bytes_of("a question"), output));
  EXPECT_EQ(output.size(), room.size());
}

TEST_P(SessionTest, GarbageInsteadOfTheHandshakeFails) {
  for (const char* garbage :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "\x16\x03\x03\x7f\xff garbage",
        "\x15\x03\x03\x00\x02zz", "\x17\x03\x03\x00\x04zzzz", "\x16\x03\x03\x00\x04zzzz"}) {
    End client(*client_context_, trust_, nullptr);
    client.take({});
    ASSERT_FALSE(client.sent.empty());
    std::string bytes(garbage, 5);
    bytes += std::string(40000, 'z');
    client.take(bytes_of(bytes));
    EXPECT_EQ(client.session.state(), State::Failed) << garbage;
    EXPECT_FALSE(client.session.failure().text.empty());

    End server(*server_context_);
    server.take(bytes_of(bytes));
    EXPECT_EQ(server.session.state(), State::Failed) << garbage;
  }
}

TEST_P(SessionTest, AServerThatSpeaksSomethingElseIsNamed) {
  End client(*client_context_, trust_, nullptr);
  client.take({});
  client.take(bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_EQ(client.session.failure().kind, Session::FailureKind::Protocol);
  EXPECT_EQ(client.session.failure().text, "peer does not speak TLS");
}

TEST_P(SessionTest, AFlippedBitInAnyFlightFails) {
  // Both handshakes have less than 2,500 octets in each direction; every 97th octet stands for all.
  for (size_t flipped = 0; flipped < 3000; flipped += 97) {
    End client(*client_context_, trust_, nullptr);
    End server(*server_context_);
    client.take({});
    size_t passed = 0;
    bool done = false;
    while (!client.sent.empty() || !server.sent.empty()) {
      server.take(client.take_sent());
      std::vector<uint8_t> flight = server.take_sent();
      if (flipped >= passed && flipped < passed + flight.size()) {
        flight[flipped - passed] ^= 0x10;
        done = true;
      }
      passed += flight.size();
      client.take(flight);
    }
    if (!done) break;
    const bool both_open =
        client.session.state() == State::Open && server.session.state() == State::Open;
    // Only the post-handshake ticket may be damaged without the handshake noticing; then the record
    // fails.
    EXPECT_FALSE(both_open) << flipped;
  }
}

TEST_P(SessionTest, ADamagedRecordEndsTheSession) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  converse(client, server);
  client.write("a question");
  client.sent.back() ^= 1;
  server.take(client.take_sent());
  EXPECT_EQ(server.session.state(), State::Failed);
  EXPECT_EQ(server.session.failure().kind, Session::FailureKind::Protocol);
  EXPECT_TRUE(server.received.empty());
  client.take(server.take_sent());
  EXPECT_EQ(client.session.state(), State::Failed);
  EXPECT_EQ(client.session.failure().text, "peer sent the alert bad_record_mac");
}

TEST_P(SessionTest, ATruncatedHandshakeStaysInTheHandshake) {
  End client(*client_context_, trust_, nullptr);
  End server(*server_context_);
  client.take({});
  server.take(client.take_sent());
  const std::vector<uint8_t> flight = server.take_sent();
  client.take(Bytes(flight).first(flight.size() - 1));
  EXPECT_EQ(client.session.state(), State::Handshaking);
}

TEST(SessionVersions, TheTwoMustShareOne) {
  ClientOptions options = client_options();
  options.tls12_only = true;
  const auto old_client = client_context(options);
  ServerOptions strict = server_options();
  strict.tls13_only = true;
  const auto new_server = server_context(strict);
  const Trust trust = trust_in("dot.example");
  End client(*old_client, trust, nullptr);
  End server(*new_server);
  converse(client, server);
  EXPECT_EQ(server.session.state(), State::Failed);
  EXPECT_EQ(client.session.state(), State::Failed);
  EXPECT_EQ(client.session.failure().kind, Session::FailureKind::NoAgreement);
}

TEST(SessionAlpn, AServerWithoutAlpnIsAccepted) {
  ServerOptions options = server_options();
  options.alpn.clear();
  const auto server_side = server_context(options);
  const auto client_side = client_context();
  const Trust trust = trust_in("dot.example");
  End client(*client_side, trust, nullptr);
  End server(*server_side);
  converse(client, server);
  EXPECT_EQ(client.session.state(), State::Open) << client.session.failure().text;
  EXPECT_EQ(client.session.alpn(), "");
}

}  // namespace
}  // namespace dotring::tls
