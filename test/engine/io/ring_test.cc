#include "engine/io/ring.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace dotring::io {
namespace {

/// The descriptor of this process's only ring.
int ring_descriptor() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(entry.path(), error);
    if (target.string().find("io_uring") != std::string::npos) {
      return std::stoi(entry.path().filename());
    }
  }
  return -1;
}

TEST(Ring, TheKernelRefusesWhatTheRingDoesNotDo) {
  Ring ring({});
  ASSERT_EQ(ring.open(), std::nullopt);
  const int descriptor = ring_descriptor();
  ASSERT_GE(descriptor, 0);
  constexpr int kRegisterEventfd = 4;  // IORING_REGISTER_EVENTFD
  const int event = 0;
  EXPECT_EQ(syscall(SYS_io_uring_register, descriptor, kRegisterEventfd, &event, 1), -1);
  EXPECT_EQ(errno, EACCES);
}

}  // namespace
}  // namespace dotring::io
