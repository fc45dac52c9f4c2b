// A query of a capture, and the answer that was recorded for it.

#pragma once

#include <vector>

#include "engine/base/address.h"

namespace dotring::replay {

struct Asked {
  uint64_t time_ns = 0;  ///< of the capture's clock
  Endpoint client;
  bool tcp = false;
  bool answered = false;  ///< an answer was recorded
  std::vector<uint8_t> query;
  std::vector<uint8_t> answer;
};

}  // namespace dotring::replay
