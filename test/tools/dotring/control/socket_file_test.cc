#include "tools/dotring/control/socket_file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

class SocketFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(testing::TempDir()) / ("socket_file." + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    path_ = folder_ / "control.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  bool can_connect() const {
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const io::SocketAddress address = io::SocketAddress::of_unix(path_);
    const bool connected = connect(descriptor, &address.any, address.size) == 0;
    close(descriptor);
    return connected;
  }
  /// How many names are in the folder.
  long entries() const { return std::distance(std::filesystem::directory_iterator(folder_), {}); }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(SocketFileTest, HasThePermissionsThatWereAskedFor) {
  for (const mode_t mode : {0600u, 0660u, 0666u}) {
    SocketFile file;
    ASSERT_EQ(file.open(path_, mode, 4), std::nullopt);
    EXPECT_FALSE(can_connect()) << "nobody finds it before it has its name";
    ASSERT_EQ(file.take_name(), std::nullopt);
    struct stat status {};
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, mode);
    EXPECT_TRUE(can_connect());
    EXPECT_EQ(entries(), 1) << "no other name is left";
  }
  EXPECT_EQ(entries(), 0) << "the name goes with the socket";
}

TEST_F(SocketFileTest, WhatAKilledProcessLeftIsReplaced) {
  const io::SocketAddress address = io::SocketAddress::of_unix(path_);
  const int left = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(left, &address.any, address.size), 0);
  close(left);
  SocketFile file;
  EXPECT_EQ(file.open(path_, 0600, 4), std::nullopt);
  EXPECT_EQ(file.take_name(), std::nullopt);
  EXPECT_TRUE(can_connect());
}

TEST_F(SocketFileTest, ANewOneTakesTheNameOverAndKeepsIt) {
  SocketFile old;
  SocketFile newer;
  ASSERT_EQ(old.open(path_, 0600, 4), std::nullopt);
  ASSERT_EQ(old.take_name(), std::nullopt);
  ASSERT_EQ(newer.open(path_, 0600, 4), std::nullopt);
  ASSERT_EQ(newer.take_name(), std::nullopt);
  old.close();
  EXPECT_TRUE(can_connect());
}

TEST_F(SocketFileTest, WhatIsNoSocketIsLeftAlone) {
  std::ofstream(path_) << "precious";
  SocketFile file;
  const auto failure = file.open(path_, 0600, 4);
  ASSERT_NE(failure, std::nullopt);
  EXPECT_NE(failure->find("something else"), std::string::npos) << *failure;
  EXPECT_EQ(std::filesystem::file_size(path_), 8u);
}

TEST_F(SocketFileTest, AMissingFolderIsToldOfWithTheRemedy) {
  SocketFile file;
  const auto failure = file.open(folder_ / "none/control.sock", 0600, 4);
  ASSERT_NE(failure, std::nullopt);
  EXPECT_NE(failure->find("make the folder"), std::string::npos) << *failure;
  EXPECT_LT(file.descriptor(), 0);
}

}  // namespace
}  // namespace dotring::appliance
