// A listening unix socket with a name in the file system, whose permissions say who may connect.
//
// The socket gets its permissions under another name, and its own by rename(): so nobody can
// connect before they are as they should be, a new dotring takes the name over from an old one
// without a gap and only once it answers, and what a dotring that was killed has left is no
// obstacle.
//
// Invariant: after close(), the name is gone, unless somebody else has taken it meanwhile.

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace dotring::appliance {

class SocketFile {
 public:
  SocketFile() = default;
  ~SocketFile() { close(); }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  /// Makes the socket, under another name. Not null: what failed, and the remedy. `path` has at
  /// most ControlOptions::kPathMax octets. `backlog`: connections that may wait.
  std::optional<std::string> open(const std::string& path, mode_t mode, int backlog);
  /// Gives it its name, whoever has it now.
  std::optional<std::string> take_name();
  void close();

  /// Negative when it is not open. It does not block.
  int descriptor() const { return descriptor_; }

 private:
  std::optional<std::string> bind_name(mode_t mode, int backlog);

  std::string path_;
  std::string name_;  ///< what it is called now
  int descriptor_ = -1;
  dev_t device_ = 0;  ///< of the socket's file: whether it is still ours
  ino_t inode_ = 0;
};

}  // namespace dotring::appliance
