// The question section's one entry, and the key under which its answers are kept and joined.

#pragma once

#include <cassert>

#include "engine/base/keyed_hash.h"
#include "engine/dns/name.h"

namespace dotring::dns {

/// A question inside a message: a view, valid as long as the message.
struct Question {
  Bytes name;  ///< uncompressed wire form, in the case that was asked
  uint16_t type = 0;
  uint16_t klass = 0;

  /// Octets of the entry in the message: name, type, class.
  size_t wire_size() const { return name.size() + 4; }
};

/// What makes two questions the same: name (case folded), type, class, and the bits of the query
/// that change the answer. Laid out as one run of octets, so that comparing is memcmp and hashing
/// one pass:
///   lower-case wire name | type (be16) | class (be16) | bits
class QuestionKey {
 public:
  // Bits that change the answer (RFC 4035, 3.2.1 and 3.2.2); RD because 0 asks only what the
  // upstream already knows.
  static constexpr uint8_t kDo = 1;
  static constexpr uint8_t kCd = 2;
  static constexpr uint8_t kRd = 4;
  static constexpr size_t kSizeMax = kNameSizeMax + 5;

  /// An empty key: only to be assigned to. Its bytes() are empty; no other method may be called.
  QuestionKey() = default;
  /// `question.name` is a checked uncompressed name.
  QuestionKey(const Question& question, uint8_t bits, const HashKey& hash_key);
  /// From the octets of another key's bytes(); nothing when they are malformed (they may come from
  /// Redis).
  static std::optional<QuestionKey> from_bytes(Bytes bytes, const HashKey& hash_key);

  Bytes bytes() const { return {octets_.data(), size_}; }
  Bytes name() const { return {octets_.data(), size_ - 5u}; }
  /// Name, type and class as they stand in a question section (lower case).
  Bytes question_wire() const { return {octets_.data(), size_ - 1u}; }
  uint16_t type() const { return load_be16(octets_.data() + size_ - 5); }
  uint16_t klass() const { return load_be16(octets_.data() + size_ - 3); }
  uint8_t bits() const { return octets_[size_ - 1u]; }
  uint64_t hash() const { return hash_; }

  friend bool operator==(const QuestionKey& a, const QuestionKey& b) {
    return a.hash_ == b.hash_ && equal(a.bytes(), b.bytes());
  }

 private:
  uint64_t hash_ = 0;
  uint16_t size_ = 0;
  std::array<uint8_t, kSizeMax> octets_;
};

}  // namespace dotring::dns
