#include "tools/dotring/process/seccomp.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <thread>

namespace dotring::appliance {
namespace {

constexpr int kFiltered = 77;

/// Runs `work` in a child under the filter; its wait status. `work` true: exit status 0.
int status_under_filter(const std::function<bool()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (restrict_system_calls()) _exit(kFiltered);
    _exit(work() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST(Seccomp, WhatDotringHasNoUseForFails) {
  const int status = status_under_filter([] {
    return mount("none", "/mnt", "tmpfs", 0, nullptr) == -1 && errno == EPERM &&
           setuid(12345) == -1 && errno == EPERM && chroot("/") == -1 && errno == EPERM;
  });
  EXPECT_EQ(status, 0);
}

TEST(Seccomp, WhatItDoesGoesOn) {
  const int status = status_under_filter([] {
    std::thread([] {}).join();
    const int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    return descriptor >= 0 && close(descriptor) == 0 && access("/proc/self/statm", R_OK) == 0;
  });
  EXPECT_EQ(status, 0);
}

TEST(Seccomp, ThreadsThatRunAlreadyAreRestrictedToo) {
  const int status = status_under_filter([] { return true; });
  ASSERT_EQ(status, 0);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    std::atomic<bool> filtered{false};
    bool refused = false;
    std::thread other([&] {
      while (!filtered) std::this_thread::yield();
      refused = chroot("/") == -1 && errno == EPERM;
    });
    const bool loaded = !restrict_system_calls();
    filtered = true;
    other.join();
    _exit(loaded && refused ? 0 : 1);
  }
  int other_status = 0;
  EXPECT_EQ(waitpid(child, &other_status, 0), child);
  EXPECT_EQ(other_status, 0);
}

#ifndef __SANITIZE_ADDRESS__
TEST(Seccomp, StartingAProgramEndsTheProcess) {
  const int status = status_under_filter([] {
    char name[] = "/bin/true";
    char* arguments[] = {name, nullptr};
    execv(name, arguments);
    return true;
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}
#endif

}  // namespace
}  // namespace dotring::appliance
