// The other implementation: OpenSSL's s_server and s_client against ours, both versions, full and
// resumed.

#include <gtest/gtest.h>

#include <fstream>

#include "test/engine/base/folder.h"
#include "test/tls/child_process.h"
#include "test/tls/tls_stream_fixture.h"

namespace dotring::tls {
namespace {

class OpensslFiles : public io::LoopTest {
 protected:
  void SetUp() override {
    if (!ChildProcess::available("openssl")) GTEST_SKIP() << "no openssl on the PATH";
    LoopTest::SetUp();
    std::ofstream(file("certificate")) << good_identity().certificate_pem;
    std::ofstream(file("key")) << good_identity().key_pem;
    std::ofstream(file("authority")) << good_identity().authority_pem;
    talker_ = std::make_unique<Talker>(loop_);
  }
  void TearDown() override {
    if (talker_) {
      talker_->stream.abort();
      EXPECT_TRUE(turn_until([&] { return !talker_->stream.active(); }));
    }
  }

  std::string file(const char* name) const { return folder_.path(name); }

  const Folder folder_;
  std::unique_ptr<Talker> talker_;
};

class OpensslTest : public OpensslFiles, public ::testing::WithParamInterface<bool> {
 protected:
  static bool tls12() { return GetParam(); }
  static std::string version_option() { return tls12() ? "-tls1_2" : "-tls1_3"; }
  static std::string version() { return tls12() ? "TLSv1.2" : "TLSv1.3"; }
};

INSTANTIATE_TEST_SUITE_P(Versions, OpensslTest, ::testing::Bool(),
                         [](const auto& version) { return version.param ? "Tls12" : "Tls13"; });

TEST_P(OpensslTest, OurClientAndItsServer) {
  ChildProcess server({"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
                       file("certificate"), "-key", file("key"), "-rev", "-alpn", "dot",
                       version_option()});
  const std::string accept = "ACCEPT 127.0.0.1:";
  ASSERT_TRUE(turn_until([&] {
    const size_t at = server.output().find(accept);
    return at != std::string::npos && server.output().find('\n', at) != std::string::npos;
  })) << server.output();
  const std::string& output = server.output();
  const Endpoint endpoint = *Endpoint::parse(
      "127.0.0.1:" + std::to_string(std::stoi(output.substr(output.find(accept) + accept.size()))));

  const auto context = client_context();
  const Trust trust = trust_in("dot.example");
  TicketStore tickets;
  for (uint64_t connection = 0; connection < 3; ++connection) {
    talker_->received.clear();
    talker_->opened = false;
    talker_->closed = 0;
    talker_->stream.start_client(*context, trust, &tickets);
    talker_->tcp.connect(endpoint);
    ASSERT_TRUE(turn_until([&] { return talker_->opened || talker_->closed; }));
    ASSERT_TRUE(talker_->opened) << talker_->detail;
    EXPECT_EQ(talker_->stream.description().substr(0, 7), version());
    EXPECT_TRUE(talker_->stream.send(bytes_of("question\n")));
    EXPECT_TRUE(turn_until([&] { return talker_->received == "noitseuq\n"; })) << talker_->received;
    EXPECT_EQ(talker_->stream.resumed(), connection > 0);
    talker_->stream.close();
    ASSERT_TRUE(turn_until([&] { return talker_->closed == 1; }));
  }
  EXPECT_EQ(talker_->statistics.handshakes_full.value(), 1u);
  EXPECT_EQ(talker_->statistics.handshakes_resumed.value(), 2u);
}

TEST_P(OpensslTest, OurServerAndItsClient) {
  const Listener listener;
  const auto context = server_context();
  talker_->echo = true;
  for (uint64_t connection = 0; connection < 3; ++connection) {
    talker_->opened = false;
    talker_->closed = 0;
    std::vector<std::string> arguments = {"openssl",
                                          "s_client",
                                          "-connect",
                                          listener.endpoint().to_text(),
                                          "-CAfile",
                                          file("authority"),
                                          "-verify_return_error",
                                          "-verify_hostname",
                                          "dot.example",
                                          "-servername",
                                          "dot.example",
                                          "-alpn",
                                          "dot",
                                          "-sess_out",
                                          file("session"),
                                          version_option()};
    if (connection > 0) arguments.insert(arguments.end(), {"-sess_in", file("session")});
    ChildProcess client(arguments);
    int descriptor = -1;
    ASSERT_TRUE(turn_until([&] { return (descriptor = listener.accept()) >= 0; }))
        << client.output();
    talker_->tcp.adopt(descriptor);
    talker_->stream.start_server(*context);
    ASSERT_TRUE(turn_until([&] { return talker_->opened || talker_->closed; }));
    ASSERT_TRUE(talker_->opened) << talker_->detail << client.output();
    client.write("a question\n");
    EXPECT_TRUE(turn_until([&] { return client.printed("a question"); })) << client.output();
    EXPECT_TRUE(client.printed("Verify return code: 0 (ok)")) << client.output();
    EXPECT_TRUE(client.printed((connection > 0 ? "Reused, " : "New, ") + version()))
        << client.output();
    EXPECT_TRUE(client.printed("ALPN protocol: dot"));
    if (!tls12()) {
      // s_client's command for a key update that asks for ours (RFC 8446, 4.6.3).
      client.write("K\n");
      EXPECT_TRUE(turn_until([&] { return client.printed("KEYUPDATE"); })) << client.output();
      client.write("with new keys\n");
      EXPECT_TRUE(turn_until([&] { return client.printed("with new keys"); })) << client.output();
    }
    client.close_input();
    ASSERT_TRUE(turn_until([&] { return talker_->closed == 1 && client.ended(); }));
    EXPECT_EQ(talker_->reason, io::CloseReason::Peer);
  }
  EXPECT_EQ(talker_->statistics.handshakes_full.value(), 1u);
  EXPECT_EQ(talker_->statistics.handshakes_resumed.value(), 2u);
}

TEST_F(OpensslFiles, ItReadsOurCertificate) {
  ChildProcess program({"openssl", "verify", "-CAfile", file("authority"), "-purpose", "sslserver",
                        "-verify_ip", "2001:db8::53", "-verify_hostname", "a.wild.example",
                        file("certificate")});
  EXPECT_TRUE(turn_until([&] { return program.ended(); }));
  EXPECT_TRUE(program.printed(": OK")) << program.output();
}

TEST_F(OpensslFiles, ItPinsAsWeDo) {
  // RFC 7858, appendix A: the pin as openssl computes it.
  ChildProcess program(
      {"sh", "-c",
       "openssl x509 -in " + file("certificate") +
           " -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 "
           "-binary | openssl enc -base64"});
  ASSERT_TRUE(turn_until([&] { return program.ended(); }));
  const auto pin = parse_spki_pin(program.output().substr(0, 44));
  ASSERT_TRUE(pin) << program.output();
  Trust trust;
  trust.pins = {*pin};
  const auto client_side = client_context();
  const auto server_side = server_context();
  End client(*client_side, trust, nullptr);
  End server(*server_side);
  converse(client, server);
  EXPECT_EQ(client.session.state(), Session::State::Open) << client.session.failure().text;
}

}  // namespace
}  // namespace dotring::tls
