// One packet of a capture, as it lies in the file.

#pragma once

#include <string>

#include "engine/base/bytes.h"

namespace dotring::capture {

struct Packet {
  uint64_t time_ns = 0;  ///< since 1970-01-01 UTC
  uint32_t link = 0;     ///< LINKTYPE_ or DLT_ number (link.h)
  uint32_t size = 0;     ///< octets on the wire; more than `bytes` where the snap length cut it off
  Bytes bytes;           ///< valid until the next packet is read
};

/// Reads packets one after the other.
class PacketReader {
 public:
  virtual ~PacketReader() = default;
  /// False at the end, or when failure() says why there is no more.
  virtual bool next(Packet& packet) = 0;
  virtual const std::string& failure() const = 0;
};

}  // namespace dotring::capture
