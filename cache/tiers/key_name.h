// Under which key of Redis an answer lies.
//
//   without a seal:  PREFIX answer/NAME/TYPE/CLASS/BITS   dotring:answer/www.example.com./A/IN/r
//   with a seal:     PREFIX sealed/32 HEXADECIMAL DIGITS  the keyed hash of the question's key
//
// NAME is in lower case with a final dot, \DDD for what cannot be printed; TYPE and CLASS are names
// or TYPE65, CLASS3 (RFC 3597, 5); BITS are of r (recursion desired), d (DO), c (CD), or - for
// none.
//
// Nothing here allocates.

#pragma once

#include <string>

#include "cache/tiers/seal_key.h"
#include "engine/dns/question.h"

namespace dotring::cache::tiers {

class KeyName {
 public:
  static constexpr size_t kPrefixMax = 64;

  /// `seal_key` may be null. `prefix` is at most kPrefixMax long.
  KeyName(std::string_view prefix, const dns::QuestionKey& key, const SealKey* seal_key);

  Bytes bytes() const { return {octets_.data(), size_}; }

 private:
  static constexpr size_t kSizeMax = kPrefixMax + 4 * dns::kNameSizeMax + 64;

  void append_question(const dns::QuestionKey& key);
  void append(std::string_view text);
  void append(char character) { octets_[size_++] = static_cast<uint8_t>(character); }
  void append_number(uint16_t number);
  void append_octet(uint8_t octet);
  void append_name(Bytes name);
  void append_type(uint16_t type);
  void append_hash(const SealKey::Hash& hash);

  size_t size_ = 0;
  std::array<uint8_t, kSizeMax> octets_;
};

}  // namespace dotring::cache::tiers
