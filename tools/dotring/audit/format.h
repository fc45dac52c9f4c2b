// A record as octets of a log: one object as JSON, or dnstap's two frames.

#pragma once

#include <vector>

#include "tools/dotring/audit/record.h"
#include "tools/dotring/audit/wall_time.h"

namespace dotring::appliance {

class Format {
 public:
  virtual ~Format() = default;
  virtual void append(const Record& record, const WallTime& time, std::vector<uint8_t>& to) = 0;
};

}  // namespace dotring::appliance
