#include "tools/dotring/audit/file_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace dotring::appliance {
namespace {

constexpr mode_t kMode = 0640;  // it says who asked what

std::string folder_of(const std::string& path) {
  const size_t end = path.rfind('/');
  if (end == std::string::npos) return ".";
  return end == 0 ? "/" : path.substr(0, end);
}

}  // namespace

FileSink::~FileSink() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::optional<std::string> FileSink::problem_of(const std::string& path, uint64_t size_max) {
  struct stat status {};
  const bool exists = stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return "is a directory";
  if (exists && access(path.c_str(), W_OK) != 0) return std::strerror(errno);
  const bool moves = size_max > 0 && S_ISREG(status.st_mode);
  if (exists && !moves) return std::nullopt;
  if (access(folder_of(path).c_str(), W_OK | X_OK) == 0) return std::nullopt;
  return (exists ? "it could not be moved away at audit.file_size_max: " : "") +
         std::string(std::strerror(errno));
}

bool FileSink::is_pipe(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

std::optional<std::string> FileSink::open_file() {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  descriptor_ = ::open(options_.path.c_str(), kFlags, kMode);
  if (descriptor_ < 0) return std::strerror(errno);
  struct stat status {};
  fstat(descriptor_, &status);
  regular_ = S_ISREG(status.st_mode);
  size_ = regular_ ? static_cast<uint64_t>(status.st_size) : 0;
  return std::nullopt;
}

std::optional<std::string> FileSink::open() {
  if (auto failure = open_file()) return failure;
  if (!options_.head.empty() && size_ > 0) {
    close(std::exchange(descriptor_, -1));
    if (auto failure = move_away()) return failure;
    if (auto failure = open_file()) return failure;
  }
  if (write_plain(options_.head)) return std::nullopt;
  const int error = errno;
  close(std::exchange(descriptor_, -1));
  return std::strerror(error);
}

// Head and tail are a few octets: a file or a pipe that was just opened takes them whole.
bool FileSink::write_plain(const std::vector<uint8_t>& octets) {
  if (octets.empty()) return true;
  const ssize_t size = write(descriptor_, octets.data(), octets.size());
  if (size > 0) size_ += static_cast<uint64_t>(size);
  return size == static_cast<ssize_t>(octets.size());
}

// A query that went in part is lost with the file: the next one must begin with a whole one.
void FileSink::close_file() {
  if (descriptor_ < 0) return;
  if (whole_) {
    write_plain(options_.tail);
  } else {
    drop_buffer();
  }
  whole_ = true;
  close(std::exchange(descriptor_, -1));
}

std::string FileSink::old_path(uint32_t number) const {
  return options_.path + '.' + std::to_string(number);
}

// The folder may be somebody else's.
std::optional<std::string> FileSink::move_away() {
  if (options_.files_kept == 0) {
    if (unlink(options_.path.c_str()) == 0) return std::nullopt;
    return "cannot be removed for a new one: " + std::string(std::strerror(errno));
  }
  for (uint32_t number = options_.files_kept; number > 1; --number) {
    rename(old_path(number - 1).c_str(), old_path(number).c_str());
  }
  if (rename(options_.path.c_str(), old_path(1).c_str()) == 0) return std::nullopt;
  return "cannot be renamed to " + old_path(1) + ": " + std::strerror(errno);
}

void FileSink::work(uint64_t now_ms) {
  if (descriptor_ < 0) {
    if (now_ms < retry_at_ms_) return;
    retry_at_ms_ = now_ms + kRetryMs;
    if (auto failure = open()) return tell_failure(*failure);
  }
  if (is_due()) rotate();
  if (descriptor_ < 0) return;
  tell_well();
  write_some();
}

bool FileSink::is_full() const {
  if (!regular_ || options_.size_max == 0 || unsent().empty()) return false;
  return size_ + unsent().size() + options_.tail.size() >= options_.size_max;
}

bool FileSink::is_due() const {
  if (!regular_ || options_.size_max == 0 || !whole_) return false;
  if (size_ <= options_.head.size()) return false;
  return size_ + unsent().size() + options_.tail.size() > options_.size_max;
}

// One that cannot be moved away stays closed, as it must not grow, until that is tried again.
void FileSink::rotate() {
  close_file();
  if (auto failure = move_away()) return tell_failure(*failure);
  counters().rotations.add();
  if (auto failure = open()) tell_failure(*failure);
}

void FileSink::write_some() {
  while (!unsent().empty()) {
    const ssize_t size = write(descriptor_, unsent().data(), unsent().size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) return on_write_failed(errno);
    size_ += static_cast<uint64_t>(size);
    on_sent(static_cast<size_t>(size));
    whole_ = unsent().empty();
    tell_well();
  }
}

// A disk that is full may have room again; a pipe whose reader went is opened again.
void FileSink::on_write_failed(int error) {
  tell_failure(std::strerror(error));
  if (regular_) return;
  whole_ = false;
  close_file();
}

void FileSink::reopen() {
  if (descriptor_ < 0) return;
  write_some();
  close_file();
  if (auto failure = open()) tell_failure(*failure);
}

void FileSink::finish() {
  if (descriptor_ < 0) return drop_buffer();
  if (is_due()) rotate();
  if (descriptor_ >= 0) write_some();
  if (!unsent().empty()) drop_buffer();
  close_file();
}

Wanted FileSink::wanted() const {
  if (regular_ || descriptor_ < 0 || unsent().empty()) return {};
  return {descriptor_, POLLOUT};
}

}  // namespace dotring::appliance
