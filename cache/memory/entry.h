// What is kept about one question: a block of the shard's memory, laid out as
//
//   Entry | TTL offsets (16 bits each) | message in stored form (dns/stored_answer.h)
//
// The question inside the message is in lower case: together with key_bits it is the key, so that
// the name is kept once. An entry that remembers nothing but a failure has a message of header and
// question.
//
// Blocks are measured in units of 8 octets. A block that is dead (replaced, removed, or the rest of
// a ring's end) is only its first 8 octets: `units` and `dead`.
//
// Invariant: sizeof(Entry) + 2 * ttl_count() + wire_size <= 8 * units.
//
// Times are the low 32 bits of monotonic seconds; differences are right for 68 years.

#pragma once

#include <cassert>

#include "engine/dns/constants.h"
#include "engine/dns/question.h"

namespace dotring::cache {

inline constexpr size_t kUnit = 8;

struct Entry {
  static constexpr uint8_t kFrequencyMax = 3;
  static constexpr size_t kTtlsMax = 4095;
  static constexpr uint32_t kFailuresMax = 15;

  uint16_t units;
  bool dead : 1;
  bool failure_only : 1;  ///< no answer here: the message is header and question
  bool failed : 1;        ///< next_ask_s counts from a failure, not from a question under way
  bool hit : 1;           ///< found since it was stored
  uint8_t frequency : 2;  ///< hits that eviction has not taken back yet
  uint8_t key_bits;
  uint32_t tag;  ///< the low half of the key's hash

  uint32_t stored_s;
  uint32_t fresh_s;
  uint32_t next_ask_s;  ///< no refresh is due before, nobody is asked before after a failure
  uint16_t wire_size;
  uint16_t ttl_count_and_failures;

  size_t ttl_count() const { return ttl_count_and_failures & kTtlsMax; }
  uint32_t failures() const { return ttl_count_and_failures >> 12; }
  void set_failures(uint32_t count);
  /// An answer of this shape begins: everything that belongs to the one before is forgotten.
  void reset(size_t ttl_count, size_t message_size, uint32_t now_s);

  uint16_t* ttl_offsets() { return reinterpret_cast<uint16_t*>(this + 1); }
  uint8_t* wire() { return reinterpret_cast<uint8_t*>(ttl_offsets() + ttl_count()); }
  Bytes message() { return {wire(), wire_size}; }
  uint16_t flags() { return load_be16(wire() + 2); }
  Bytes name();

  bool is_for(const dns::QuestionKey& key);
  void count_hit();

  /// Seconds since it was stored; 0 when a worker's clock is a little behind.
  uint32_t age_s(uint32_t now_s) const { return passed_s(stored_s, now_s); }
  bool may_ask(uint32_t now_s) const { return static_cast<int32_t>(now_s - next_ask_s) >= 0; }

  static uint32_t passed_s(uint32_t since_s, uint32_t now_s) {
    const auto difference = static_cast<int32_t>(now_s - since_s);
    return difference > 0 ? static_cast<uint32_t>(difference) : 0;
  }
  static size_t units_for(size_t ttl_count, size_t wire_size) {
    return (sizeof(Entry) + 2 * ttl_count + wire_size + kUnit - 1) / kUnit;
  }
};

static_assert(sizeof(Entry) == 24 && alignof(Entry) <= kUnit);

inline void Entry::reset(size_t ttl_count, size_t message_size, uint32_t now_s) {
  assert(ttl_count <= kTtlsMax && units_for(ttl_count, message_size) <= units);
  failure_only = failed = hit = false;
  stored_s = next_ask_s = now_s;
  fresh_s = 0;
  wire_size = static_cast<uint16_t>(message_size);
  ttl_count_and_failures = static_cast<uint16_t>(ttl_count);
}

inline void Entry::set_failures(uint32_t count) {
  const uint32_t kept = count < kFailuresMax ? count : kFailuresMax;
  ttl_count_and_failures =
      static_cast<uint16_t>((ttl_count_and_failures & kTtlsMax) | (kept << 12));
}

inline Bytes Entry::name() {
  const Bytes question = message().subspan(dns::kHeaderSize);
  return question.first(dns::plain_name_size(question));
}

inline bool Entry::is_for(const dns::QuestionKey& key) {
  const Bytes question = key.question_wire();
  return key_bits == key.bits() && wire_size >= dns::kHeaderSize + question.size() &&
         std::memcmp(wire() + dns::kHeaderSize, question.data(), question.size()) == 0;
}

inline void Entry::count_hit() {
  if (!hit) hit = true;
  if (frequency < kFrequencyMax) frequency = static_cast<uint8_t>(frequency + 1) & 3;
}

}  // namespace dotring::cache
