#include "tools/dotring/config/credentials.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace dotring::appliance {
namespace {

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    char name[] = "/tmp/dotring-credentials-XXXXXX";
    folder_ = mkdtemp(name);
    std::ofstream(folder_ + "/redis-password") << "secret";
  }
  ~CredentialsTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  Configuration configuration_;
};

TEST_F(CredentialsTest, ARelativePathIsOneOfThem) {
  configuration_.redis.password_file = "redis-password";
  find_credentials(configuration_, folder_);
  EXPECT_EQ(configuration_.redis.password_file, folder_ + "/redis-password");
}

TEST_F(CredentialsTest, OtherPathsStayAsTheyAre) {
  configuration_.redis.password_file = "/etc/redis-password";
  configuration_.redis.seal_key_file = "no-such-credential";
  configuration_.redis.prefix = "redis-password";
  find_credentials(configuration_, folder_);
  EXPECT_EQ(configuration_.redis.password_file, "/etc/redis-password");
  EXPECT_EQ(configuration_.redis.seal_key_file, "no-such-credential");
  EXPECT_EQ(configuration_.redis.prefix, "redis-password");
  EXPECT_EQ(configuration_.redis.ca_file, "");
}

TEST_F(CredentialsTest, WithoutADirectoryNothingChanges) {
  configuration_.redis.password_file = "redis-password";
  find_credentials(configuration_, "");
  EXPECT_EQ(configuration_.redis.password_file, "redis-password");
}

}  // namespace
}  // namespace dotring::appliance
