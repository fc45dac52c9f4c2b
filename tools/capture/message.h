// A DNS message that a capture holds, and what it is by port and header.

#pragma once

#include "engine/base/address.h"

namespace dotring::capture {

enum class MessageKind : uint8_t { Neither, Query, Answer };

struct Message {
  MessageKind kind = MessageKind::Neither;
  bool tcp = false;
  uint64_t time_ns = 0;  ///< of the packet that completed it
  Endpoint source;
  Endpoint destination;
  Bytes octets;  ///< at least a header; valid during the call
};

}  // namespace dotring::capture
