#include "tools/dotring/process/notifier.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "tools/dotring/config/value.h"

namespace dotring::appliance {
namespace {

/// A connected datagram socket; -1: there is nobody.
int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() < 2 || path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const size_t size = offsetof(sockaddr_un, sun_path) + path.size();
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address),
              static_cast<socklen_t>(size)) == 0) {
    return descriptor;
  }
  if (descriptor >= 0) close(descriptor);
  return -1;
}

std::string taken_from_environment(const char* name) {
  const char* value = std::getenv(name);
  const std::string text = value ? value : "";
  unsetenv(name);
  return text;
}

uint64_t number_of(const std::string& text) {
  uint64_t number = 0;
  return parse_number(text, {0, UINT64_MAX, false, false}, number) ? 0 : number;
}

}  // namespace

Notifier::Notifier(const std::string& path, uint64_t watchdog_us)
    : descriptor_(connect_to(path)), watchdog_us_(descriptor_ < 0 ? 0 : watchdog_us) {}

Notifier::~Notifier() {
  if (descriptor_ >= 0) close(descriptor_);
}

Notifier Notifier::of_environment() {
  const std::string path = taken_from_environment("NOTIFY_SOCKET");
  const uint64_t watchdog_us = number_of(taken_from_environment("WATCHDOG_USEC"));
  const std::string whose = taken_from_environment("WATCHDOG_PID");
  const bool ours = whose.empty() || number_of(whose) == static_cast<uint64_t>(getpid());
  return Notifier(path, ours ? watchdog_us : 0);
}

void Notifier::tell(std::string_view assignments) {
  if (descriptor_ < 0) return;
  (void)!send(descriptor_, assignments.data(), assignments.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Notifier::ready(std::string_view text) {
  tell("READY=1\nSTATUS=" + std::string(text));
}

void Notifier::reloading(uint64_t now_us) {
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_us) + "\nSTATUS=reloading");
}

void Notifier::stopping() {
  tell("STOPPING=1\nSTATUS=answering what is in flight");
}

void Notifier::alive() {
  if (watchdog_us_ > 0) tell("WATCHDOG=1");
}

void Notifier::status(std::string_view text) {
  tell("STATUS=" + std::string(text));
}

void Notifier::main_process(pid_t process) {
  tell("MAINPID=" + std::to_string(process));
}

}  // namespace dotring::appliance
