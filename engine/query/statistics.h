// What one pipeline counts: queries in, replies out, and how each came about.
//
// One writer (the worker), any number of readers; gathered over workers by whoever is asked for
// them.
//
// Invariants: queries = replies + dropped + waiting; and queries = hits + stale_at_once + failing +
// local + rejected + misses + shed + those dropped before the cache was asked.

#pragma once

#include <array>

#include "engine/base/histogram.h"
#include "engine/query/ports.h"

namespace dotring::query {

/// Why a query got no reply.
enum class DropReason : uint8_t {
  Unanswerable,  ///< not a query: shorter than a header, or a response
  ClientGone,    ///< the port had no room for a reply
  OverLimit,     ///< shed, and the configured answer is none
  TurnedAway,    ///< by the guard: protect/statistics.h counts why
  Shutdown,      ///< the pipeline ended before the answer came
};
inline constexpr size_t kDropReasons = 5;

/// Which limit a client met that would have had to wait.
enum class WaitLimit : uint8_t {
  Client,     ///< queries of one client
  Clients,    ///< clients that wait, in total or by their transport
  Question,   ///< clients that wait for one question
  Questions,  ///< questions in flight
};
inline constexpr size_t kWaitLimits = 4;

struct Statistics {
  /// rcodes 0 to 23 have a counter each, all others share the last.
  static constexpr size_t kRcodes = 25;

  std::array<Counter, kTransports> queries;
  std::array<Counter, kRcodes> replies;
  std::array<Counter, kDropReasons> dropped;
  Counter replies_truncated;  ///< TC set here: it does not fit, or a limit wants TCP

  // How each query was answered, or what it waited for.
  Counter hits;           ///< a fresh answer from memory
  Counter stale_at_once;  ///< an expired one whose refresh nobody should wait for
  Counter failing;        ///< SERVFAIL (RFC 9520) or another error, as it failed lately
  Counter local;          ///< special-use names and ANY: nobody was asked
  Counter rejected;       ///< FORMERR, NOTIMP, BADVERS, REFUSED by rule, or turned away
  Counter misses;         ///< waited for an answer; `joined` of them for one that was on its way
  Counter joined;
  Counter shed;  ///< over a limit; answered as configured

  std::array<Counter, kWaitLimits> over_limit;  ///< shed or served stale at once, by WaitLimit

  // How those who waited were answered, where not by an upstream's answer.
  Counter stale_after_failure;
  Counter stale_after_delay;
  Counter failed;   ///< SERVFAIL of our own
  Counter overdue;  ///< resolutions that the deadline ended, whatever was stuck

  // The questions asked for them.
  Counter refreshes;                       ///< without anybody waiting
  Counter fetch_hits;                      ///< answered by a slower tier
  Counter fetch_slow;                      ///< the bounded wait ended, the upstream was asked
  Counter forwards;                        ///< questions given to the forwarder
  Counter forwards_refused;                ///< it had no room
  std::array<Counter, 5> forward_results;  ///< by ForwardResult
  Counter answers_refused;  ///< answers that were of no use: tailored to a subnet, hop errors

  Counter waiting;      ///< clients in flight now
  Counter resolutions;  ///< questions in flight now

  /// From arrival to reply, of queries that waited. All others are answered within the turn they
  /// arrive in: they have no duration on a clock that is read once per turn. Listeners time those.
  Histogram wait_us;

  void count_reply(uint16_t rcode) { replies[rcode < kRcodes ? rcode : kRcodes - 1].add(); }
  void count_drop(DropReason reason) { dropped[static_cast<size_t>(reason)].add(); }
};

}  // namespace dotring::query
