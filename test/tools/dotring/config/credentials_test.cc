#include "tools/dotring/config/credentials.h"

#include <gtest/gtest.h>

#include <fstream>

#include "test/engine/base/folder.h"

namespace dotring::appliance {
namespace {

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() { std::ofstream(folder_.path("redis-password")) << "secret"; }

  const Folder folder_;
  Configuration configuration_;
};

TEST_F(CredentialsTest, ARelativePathIsOneOfThem) {
  configuration_.redis.password_file = "redis-password";
  find_credentials(configuration_, folder_.path());
  EXPECT_EQ(configuration_.redis.password_file, folder_.path("redis-password"));
}

TEST_F(CredentialsTest, OtherPathsStayAsTheyAre) {
  configuration_.redis.password_file = "/etc/redis-password";
  configuration_.redis.seal_key_file = "no-such-credential";
  configuration_.redis.prefix = "redis-password";
  find_credentials(configuration_, folder_.path());
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
