// SipHash: a keyed hash that whoever does not know the key can neither predict nor collide on
// purpose.
//
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF". SipHash-1-3 serves hash
// tables, SipHash-2-4 serves what others must be able to check (server cookies, RFC 9018).

#pragma once

#include "engine/base/bytes.h"

namespace dotring {

struct HashKey {
  uint64_t low = 0;
  uint64_t high = 0;
};

/// For hash tables over bytes that a client chooses.
uint64_t siphash13(const HashKey& key, Bytes bytes);
/// For message authentication of short inputs.
uint64_t siphash24(const HashKey& key, Bytes bytes);

}  // namespace dotring
