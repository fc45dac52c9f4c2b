// Which of a cluster's 16,384 slots a key belongs to (Redis Cluster Specification, "Key
// distribution model" and "Hash tags").

#pragma once

#include "engine/base/bytes.h"

namespace dotring::cache::redis {

constexpr uint16_t kSlots = 16'384;

/// CRC16 of the kind that XMODEM uses: polynomial 0x1021, start 0, nothing reflected.
uint16_t crc16(Bytes bytes);

/// Of the key, or of what stands between its first '{' and the next '}' if that is not empty.
uint16_t slot_of(Bytes key);

}  // namespace dotring::cache::redis
