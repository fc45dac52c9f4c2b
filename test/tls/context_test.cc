#include "tls/context.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "test/tls/tls_fixture.h"

namespace dotring::tls {
namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const int descriptor = mkstemp(path_.data());
    EXPECT_GE(descriptor, 0);
    close(descriptor);
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/dotring_tls_test_XXXXXX";
};

std::string failure_of(const ClientOptions& options) {
  ClientContext context;
  const auto failure = context.open(options);
  return failure ? failure->text() : "";
}

std::string failure_of(const ServerOptions& options) {
  ServerContext context;
  const auto failure = context.open(options);
  return failure ? failure->text() : "";
}

TEST(ClientContext, ReadsTrustAnchorsFromAFile) {
  const TemporaryFile file(good_identity().authority_pem);
  ClientOptions options;
  options.ca_file = file.path();
  const auto client_side = client_context(options);
  const auto server_side = server_context();
  const Trust trust = trust_in("dot.example");
  End client(*client_side, trust, nullptr);
  End server(*server_side);
  converse(client, server);
  EXPECT_EQ(client.session.state(), Session::State::Open) << client.session.failure().text;
}

TEST(ClientContext, NamesAFileThatIsMissing) {
  ClientOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  EXPECT_EQ(failure_of(options), "ca_file \"/nonexistent/ca.pem\": No such file or directory");
}

TEST(ClientContext, NamesAFileWithoutCertificates) {
  for (const char* content :
       {"", "no PEM here\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    const TemporaryFile file(content);
    ClientOptions options;
    options.ca_file = file.path();
    const std::string failure = failure_of(options);
    EXPECT_EQ(failure.find("ca_file \"" + file.path() + "\": no usable certificate"), 0u)
        << failure;
    EXPECT_EQ(failure.find('\n'), failure.npos);
  }
}

TEST(ClientContext, ABadCertificateAmongGoodOnesDoesNotHurt) {
  ClientOptions options;
  options.ca_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" +
                   good_identity().authority_pem;
  EXPECT_EQ(failure_of(options), "");
}

TEST(ClientContext, RefusesCiphersThatNobodyKnows) {
  ClientOptions options = client_options();
  options.ciphers = "ROT13";
  EXPECT_EQ(failure_of(options), "ciphers \"ROT13\": no cipher of this list is known");
}

TEST(ClientContext, SaysWhichOptionIsWrongAndWhyApart) {
  ClientOptions options = client_options();
  options.ciphers = "ROT13";
  const auto ciphers = ClientContext().open(options);
  ASSERT_TRUE(ciphers);
  EXPECT_EQ(ciphers->option, ContextFailure::Option::Ciphers);
  EXPECT_EQ(ciphers->cause, "no cipher of this list is known");
  options = {};
  options.ca_file = "/a\": b.pem";
  const auto anchors = ClientContext().open(options);
  ASSERT_TRUE(anchors);
  EXPECT_EQ(anchors->option, ContextFailure::Option::TrustAnchors);
  EXPECT_EQ(anchors->value, options.ca_file);
  EXPECT_EQ(anchors->cause, "No such file or directory");
}

TEST(ClientContext, TakesTheCiphersItIsGiven) {
  ClientOptions options = client_options();
  options.ciphers = "TLS13-AES128-GCM-SHA256";
  const auto client_side = client_context(options);
  const auto server_side = server_context();
  const Trust trust = trust_in("dot.example");
  End client(*client_side, trust, nullptr);
  End server(*server_side);
  converse(client, server);
  EXPECT_EQ(client.session.description(), "TLSv1.3 TLS13-AES128-GCM-SHA256");
}

TEST(ServerContext, NamesWhatIsWrongWithItsIdentity) {
  ServerOptions options = server_options();
  options.certificate_file = "/nonexistent/cert.pem";
  EXPECT_EQ(failure_of(options),
            "certificate_file \"/nonexistent/cert.pem\": No such file or directory");
  options = server_options();
  options.key_file = "/nonexistent/key.pem";
  EXPECT_EQ(failure_of(options), "key_file \"/nonexistent/key.pem\": No such file or directory");
  options = server_options();
  options.certificate_pem = "nonsense";
  EXPECT_EQ(failure_of(options).find("certificate_file: not a certificate"), 0u)
      << failure_of(options);
  options = server_options();
  options.key_pem = "nonsense";
  EXPECT_EQ(failure_of(options).find("key_file: not a private key"), 0u) << failure_of(options);
}

TEST(ServerContext, RefusesAKeyOfAnotherCertificate) {
  ServerOptions options = server_options();
  options.key_pem = identity_of(identity_options()).key_pem;
  const std::string failure = failure_of(options);
  EXPECT_EQ(failure.find("key_file: does not belong to the certificate"), 0u) << failure;
}

TEST(ServerContext, ReadsItsIdentityFromFiles) {
  const TemporaryFile certificate(good_identity().certificate_pem);
  const TemporaryFile key(good_identity().key_pem);
  ServerOptions options;
  options.certificate_file = certificate.path();
  options.key_file = key.path();
  EXPECT_EQ(failure_of(options), "");
}

}  // namespace
}  // namespace dotring::tls
