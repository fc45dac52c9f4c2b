#include "tools/dotring/process/notifier.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace dotring::appliance {
namespace {

/// A manager's socket in the abstract name space.
class NotifierTest : public ::testing::Test {
 protected:
  NotifierTest() : path_("@dotring-notifier-test-" + std::to_string(getpid())) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, path_.data() + 1, path_.size() - 1);
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
  }
  ~NotifierTest() override { close(socket_); }

  std::string told() {
    char text[512];
    const ssize_t size = recv(socket_, text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
  }

  std::string path_;
  int socket_ = -1;
};

TEST_F(NotifierTest, EachStateIsOneDatagram) {
  Notifier notifier(path_, 1'000'000);
  notifier.ready("answers");
  EXPECT_EQ(told(), "READY=1\nSTATUS=answers");
  notifier.reloading(17);
  EXPECT_EQ(told(), "RELOADING=1\nMONOTONIC_USEC=17\nSTATUS=reloading");
  notifier.alive();
  EXPECT_EQ(told(), "WATCHDOG=1");
  notifier.main_process(42);
  EXPECT_EQ(told(), "MAINPID=42");
  notifier.stopping();
  EXPECT_EQ(told().substr(0, 11), "STOPPING=1\n");
}

TEST_F(NotifierTest, TheEnvironmentIsReadAndLeftClean) {
  setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  setenv("WATCHDOG_USEC", "3000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  Notifier notifier = Notifier::of_environment();
  EXPECT_EQ(notifier.watchdog_ms(), 3000u);
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
    EXPECT_EQ(std::getenv(name), nullptr);
  }
  notifier.alive();
  EXPECT_EQ(told(), "WATCHDOG=1");
}

TEST_F(NotifierTest, AWatchdogThatIsSomebodyElsesIsNotOurs) {
  setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  setenv("WATCHDOG_USEC", "3000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(Notifier::of_environment().watchdog_ms(), 0u);
}

TEST(Notifier, WithoutAManagerNothingHappens) {
  Notifier notifier("", 1'000'000);
  EXPECT_FALSE(notifier.listens());
  EXPECT_EQ(notifier.watchdog_ms(), 0u);
  notifier.ready("answers");
  Notifier nowhere("/does/not/exist", 0);
  EXPECT_FALSE(nowhere.listens());
}

TEST_F(NotifierTest, AliveIsToldOnlyWhereSomebodyWaitsForIt) {
  Notifier notifier(path_, 0);
  notifier.alive();
  EXPECT_EQ(told(), "");
}

TEST_F(NotifierTest, AManagerThatDoesNotReadIsNotWaitedFor) {
  Notifier notifier(path_, 1'000'000);
  for (int i = 0; i < 10'000; ++i) notifier.alive();
  EXPECT_EQ(told(), "WATCHDOG=1");
}

}  // namespace
}  // namespace dotring::appliance
