// The only place where randomness enters: main asks here and hands seeds to the parts.

#pragma once

#include "engine/base/keyed_hash.h"

namespace dotring {

/// 128 bits from the kernel; waits until its pool is filled (early in boot). Ends the process when
/// the kernel has no getrandom(): nothing would be unpredictable.
HashKey entropy_from_kernel();

}  // namespace dotring
