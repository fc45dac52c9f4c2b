// A program that a test runs besides itself: its output is read as it comes, its input is written
// when the test wants, and it ends with the test.

#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace dotring::tls {

class ChildProcess {
 public:
  explicit ChildProcess(std::vector<std::string> arguments) {
    int input[2], output[2];
    EXPECT_EQ(pipe2(input, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(output, O_CLOEXEC), 0);
    input_ = input[1];
    output_ = output[0];
    EXPECT_EQ(fcntl(output_, F_SETFL, O_NONBLOCK), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDERR_FILENO);
    std::vector<char*> list;
    for (std::string& argument : arguments) list.push_back(argument.data());
    list.push_back(nullptr);
    EXPECT_EQ(posix_spawnp(&process_, list[0], &actions, nullptr, list.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
  }
  ~ChildProcess() {
    close_input();
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    ::close(output_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void write(std::string_view text) {
    EXPECT_EQ(::write(input_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_input() {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
  }
  /// Everything that it has printed so far.
  const std::string& output() {
    char part[4096];
    ssize_t size;
    while ((size = ::read(output_, part, sizeof part)) > 0)
      text_.append(part, static_cast<size_t>(size));
    ended_ = size == 0;
    return text_;
  }
  bool printed(std::string_view text) { return output().find(text) != std::string::npos; }
  /// Its output has ended.
  bool ended() {
    output();
    return ended_;
  }

  static bool available(const std::string& program) {
    return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
  }

 private:
  pid_t process_ = -1;
  int input_ = -1;
  int output_ = -1;
  bool ended_ = false;
  std::string text_;
};

}  // namespace dotring::tls
