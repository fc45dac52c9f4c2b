// What the second level of one worker counts: one writer, its thread; readable from any.

#pragma once

#include <array>

#include "cache/tiers/envelope.h"
#include "cache/tiers/value.h"
#include "engine/base/counter.h"

namespace dotring::cache::tiers {

inline constexpr size_t kEnvelopeFaults = 4;

struct Statistics {
  Counter hits_fresh;
  Counter hits_stale;  ///< kept, to serve when the upstream fails; the upstream is asked
  Counter misses;
  Counter failures;  ///< error replies, lost connections
  Counter refused;   ///< not asked: nowhere, no room
  Counter flushed;   ///< found, and stored before its name was flushed
  std::array<Counter, kEnvelopeFaults> envelope_faults;  ///< found, by EnvelopeFault
  std::array<Counter, kValueFaults> value_faults;        ///< found, by ValueFault
  Counter written;
  Counter write_drops;
  Counter asked_old_key;  ///< second looks under the name that the old seal key gives
};

/// Of the worker that keeps flushes.
struct FlushStatistics {
  Counter published;         ///< messages with rules that others did not know
  Counter publish_drops;     ///< those that could not be sent; the list in Redis has them
  Counter received;          ///< rules that were news to us
  Counter messages_refused;  ///< malformed, or not of our seal
  Counter gaps;              ///< interruptions of the subscription
};

}  // namespace dotring::cache::tiers
