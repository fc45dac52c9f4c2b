// The body of a value in Redis: an answer in stored form, and from when to when it may serve.
//
//   stored_s (8) | expires_s (8) | useless_s (8) | bits (1) | size (2) | message | zeros (< 64)
//
// Times are seconds since 1970-01-01 UTC by the clock of whoever stored it. Readers compare them
// with their own clocks, so two appliances disagree about an answer's age by as much as their
// clocks differ, and by no more: what seems to come from the near future was stored now, what seems
// to come from farther ahead than kSkewMax is not believed. (Redis, which could be the judge, tells
// a key's remaining life only by a second command for each answer.)
//
// Whoever can write to Redis can write anything: what is read is checked like an upstream's answer,
// and must be in stored form and answer the question that was asked.

#pragma once

#include "engine/dns/message_view.h"

namespace dotring::cache::tiers {

struct ValueTimes {
  uint64_t stored_s = 0;
  uint64_t expires_s = 0;
  uint64_t useless_s = 0;  ///< end of the stale time (RFC 8767)
};

enum class ValueFault : uint8_t {
  None,
  Malformed,      ///< wrong length, or times that contradict each other
  WrongQuestion,  ///< not the answer to this question
  BadAnswer,      ///< not in stored form, or nothing that would have been stored
  FromTheFuture,  ///< stored by a clock that is far ahead
  Useless,        ///< its stale time is over too
};

inline constexpr size_t kValueFaults = 6;

struct ReadValue {
  ValueFault fault = ValueFault::Malformed;
  /// All only without fault.
  Bytes message;  ///< in stored form, TTLs as they were when it was stored
  dns::AnswerView view;
  uint32_t age_s = 0;
  uint32_t fresh_s = 0;  ///< in all, from when it was stored
  uint64_t stored_s = 0;
};

inline constexpr size_t kBodyHeadSize = 27;
inline constexpr uint64_t kSkewMaxS = 60;
/// No lifetime is longer than what cache.ttl_max and cache.stale_max can be together.
inline constexpr uint64_t kLifeMaxS = 14 * 86'400;

/// `room` has kBodyHeadSize + message.size(); `view` is of `message`. Gives the size.
size_t write_body(const ValueTimes& times, uint8_t bits, Bytes message, const dns::AnswerView& view,
                  MutableBytes room);
/// `wall_s`: seconds since 1970-01-01 UTC, now.
ReadValue read_body(Bytes body, const dns::QuestionKey& key, uint64_t wall_s);

}  // namespace dotring::cache::tiers
