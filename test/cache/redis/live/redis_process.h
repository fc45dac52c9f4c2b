// Real servers for tests: processes with a folder of their own, on free ports of the loopback.
//
// Every one of them is ended, and its folder removed, by the destructor.

#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "test/engine/base/folder.h"

namespace dotring::cache::redis {

/// False where Debian's redis-server is not installed: tests that need it are skipped.
bool redis_is_installed();

/// What a program prints; its standard error too.
std::string output_of(const std::vector<std::string>& words);

/// A TCP port that nobody has at this moment.
uint16_t free_port();

class RedisProcess {
 public:
  /// Each option is "name value", as in redis.conf. A port is chosen where none is given.
  explicit RedisProcess(std::vector<std::string> options = {}, uint16_t port = free_port());
  ~RedisProcess();

  /// Starts it and waits until it answers. False when it did not; log() says why.
  bool start();
  /// The same as a sentinel.
  bool start_as_sentinel();
  /// Ends it at once, as a crash does.
  void kill();
  /// It does nothing until it is resumed.
  void pause();
  void resume();

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string socket_path() const { return folder_.path("redis.sock"); }
  std::string log() const;
  /// What redis-cli says to a command, by the unix socket, without the last line end.
  std::string cli(std::vector<std::string> words) const;

 private:
  bool start_program(std::vector<std::string> words);
  bool wait_until_it_answers();

  const std::vector<std::string> options_;
  const uint16_t port_;
  Folder folder_;
  pid_t process_ = -1;
};

}  // namespace dotring::cache::redis
