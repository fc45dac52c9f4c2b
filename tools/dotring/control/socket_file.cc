#include "tools/dotring/control/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/io/socket_address.h"

namespace dotring::appliance {
namespace {

std::string failed(const char* what) {
  const int error = errno;
  const std::string text = std::string(what) + ": " + std::strerror(error);
  if (error == ENOENT) return text + "; make the folder, or choose another path";
  if (error == EACCES || error == EPERM || error == EROFS) {
    return text + "; choose a folder that dotring's user may write to";
  }
  return text + "; choose another path";
}

/// Whether something is there that is no socket: it is not ours to replace.
bool is_something_else(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode);
}

}  // namespace

std::optional<std::string> SocketFile::open(const std::string& path, mode_t mode, int backlog) {
  if (is_something_else(path)) return "there is something else at that path; choose another one";
  path_ = path;
  name_ = path + "." + std::to_string(getpid());
  std::optional<std::string> failure = bind_name(mode, backlog);
  if (failure) close();
  return failure;
}

std::optional<std::string> SocketFile::bind_name(mode_t mode, int backlog) {
  const io::SocketAddress address = io::SocketAddress::of_unix(name_);
  if (address.size == 0) return "too long for a unix socket; choose a shorter path";
  descriptor_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ < 0) return failed("socket");
  unlink(name_.c_str());  // of a process that had our number and was killed here
  if (bind(descriptor_, &address.any, address.size) != 0) return failed("bind");
  if (chmod(name_.c_str(), mode) != 0) return failed("chmod");
  struct stat status {};
  if (stat(name_.c_str(), &status) != 0) return failed("stat");
  device_ = status.st_dev;
  inode_ = status.st_ino;
  if (::listen(descriptor_, backlog) != 0) return failed("listen");
  return std::nullopt;
}

std::optional<std::string> SocketFile::take_name() {
  if (rename(name_.c_str(), path_.c_str()) != 0) return failed("rename");
  name_ = path_;
  return std::nullopt;
}

void SocketFile::close() {
  if (descriptor_ < 0) return;
  struct stat status {};
  const bool ours =
      stat(name_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  if (ours) unlink(name_.c_str());
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace dotring::appliance
