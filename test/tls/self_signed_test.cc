// OpenSSL's opinion of the certificates that we make.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "test/engine/base/folder.h"
#include "test/tls/child_process.h"
#include "test/tls/tls_fixture.h"

namespace dotring::tls {
namespace {

class SelfSigned : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!ChildProcess::available("openssl")) GTEST_SKIP() << "no openssl on the PATH";
  }

  /// Whether it holds by RFC 5280 to the letter.
  bool strictly_right(const Identity& identity) {
    std::ofstream(folder_.path("leaf")) << identity.certificate_pem;
    std::ofstream(folder_.path("authority")) << identity.authority_pem;
    const std::string command = "cd " + folder_.path() +
                                " && openssl verify -x509_strict -purpose sslserver -CAfile "
                                "authority leaf >said 2>&1";
    return std::system(command.c_str()) == 0;
  }
  std::string said() const {
    std::ifstream file(folder_.path("said"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const Folder folder_;
};

TEST_F(SelfSigned, AnAuthorityAndItsLeafAreStrictlyRightHoweverLongTheName) {
  for (const size_t size : {1u, 11u, 52u, 53u, 54u, 62u, 63u, 200u}) {
    IdentityOptions options = identity_options();
    options.common_name = std::string(size, 'x');
    EXPECT_TRUE(strictly_right(identity_of(options))) << size << ": " << said();
  }
}

TEST_F(SelfSigned, ThisTestSeesWhatIsWrong) {
  const Identity identity = identity_of(identity_options());
  EXPECT_FALSE(strictly_right({identity.certificate_pem, "", good_identity().authority_pem}));
}

}  // namespace
}  // namespace dotring::tls
