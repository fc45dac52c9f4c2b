#include "tools/dotring/audit/wall_time.h"

#include <cstdio>
#include <ctime>

namespace dotring::appliance {

std::string time_text(uint64_t wall_us) {
  constexpr uint64_t kUsPerS = 1'000'000;
  const time_t seconds = static_cast<time_t>(wall_us / kUsPerS);
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + size, sizeof text - size, ".%06uZ",
                static_cast<unsigned>(wall_us % kUsPerS));
  return text;
}

}  // namespace dotring::appliance
