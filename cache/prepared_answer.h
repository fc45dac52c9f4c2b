// An answer on its way into a cache: in stored form, its TTLs within the policy's bounds, their
// positions known.
//
// It is big (74 KiB) and meant for the stack of a store() call; nothing in it is set before
// prepare().

#pragma once

#include <span>

#include "cache/ttl_policy.h"

namespace dotring::cache {

class PreparedAnswer {
 public:
  /// Entries count their TTLs in 12 bits. (An answer with more records would be longer than 45
  /// KiB.)
  static constexpr size_t kTtlsMax = 4095;

  /// `view` is of `message`. False when there are more TTLs than can be kept.
  bool prepare(Bytes message, const dns::AnswerView& view, const TtlPolicy& policy,
               const Lifetime& lifetime);

  /// Its TTLs, `age_s` later.
  void age(uint32_t age_s);

  Bytes message() const { return {message_.data(), size_}; }
  std::span<const uint16_t> ttl_offsets() const { return {ttl_offsets_.data(), ttl_count_}; }
  /// Name, type and class, the name in lower case: view.question.wire_size() octets.
  Bytes question(size_t size) const { return message().subspan(dns::kHeaderSize, size); }

 private:
  size_t size_;
  size_t ttl_count_;
  std::array<uint16_t, kTtlsMax> ttl_offsets_;
  std::array<uint8_t, dns::kMessageSizeMax> message_;
};

}  // namespace dotring::cache
