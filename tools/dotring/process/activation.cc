#include "tools/dotring/process/activation.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "tools/dotring/config/value.h"

namespace dotring::appliance {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START

/// 0 for what is no number.
uint32_t number_of(const char* text, uint32_t max) {
  uint32_t number = 0;
  return text && !parse_value(text, {1, max, false, false}, number) ? number : 0;
}

}  // namespace

std::vector<int> listen_descriptors(const char* listen_pid, const char* listen_fds, int pid) {
  if (number_of(listen_pid, INT32_MAX) != static_cast<uint32_t>(pid)) return {};
  std::vector<int> descriptors(number_of(listen_fds, kActivatedMax));
  for (size_t i = 0; i < descriptors.size(); ++i) descriptors[i] = kFirst + static_cast<int>(i);
  return descriptors;
}

std::vector<int> sockets_of_manager() {
  const std::vector<int> descriptors =
      listen_descriptors(std::getenv("LISTEN_PID"), std::getenv("LISTEN_FDS"), getpid());
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
  return descriptors;
}

}  // namespace dotring::appliance
