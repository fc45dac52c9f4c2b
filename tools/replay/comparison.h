// Whether two answers to one query say the same: rcode, flags, answer and authority section.
//
// TTLs and the order of records do not count, nor does the case of names; the additional section is
// no part of what was asked for. Pure.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/cursor.h"
#include "engine/base/keyed_hash.h"

namespace dotring::replay {

/// What two answers differ in; several may be set.
struct Differences {
  bool none_left = false;   ///< no answer on the left, one on the right
  bool none_right = false;  ///< and the other way round
  bool malformed = false;   ///< one of them does not parse to its end, the other does
  bool rcode = false;
  bool flags = false;  ///< AA, TC, RD, RA, AD, CD
  bool answer = false;
  bool authority = false;

  bool any() const {
    return none_left || none_right || malformed || rcode || flags || answer || authority;
  }
};

/// What of an answer is compared: its header, and where its records are. No longer than the
/// message.
class Outline {
 public:
  /// `message` has at least a header. Nothing: there was no answer.
  explicit Outline(std::optional<Bytes> message);

  bool present() const { return present_; }
  /// Whether it can be read to its end.
  bool sound() const { return sound_; }
  /// 12 bits.
  uint16_t rcode() const { return rcode_; }
  uint16_t flags() const { return flags_; }
  /// Empty: there was no answer.
  Bytes message() const { return message_; }

 private:
  friend class Comparison;

  struct Section {
    size_t offset = 0;
    uint32_t count = 0;
  };

  void read();
  Section skip_section(Reader& reader, uint32_t count) const;

  Bytes message_;
  bool present_ = false;
  bool sound_ = false;
  uint16_t rcode_ = 0;
  uint16_t flags_ = 0;
  Section answer_;
  Section authority_;
};

/// Compares, and keeps what it needs for that from one time to the next, so that it allocates
/// seldom.
class Comparison {
 public:
  explicit Comparison(const HashKey& hash_key) : hash_key_(hash_key) {}

  Differences compare(const Outline& left, const Outline& right);

 private:
  using Hashes = std::vector<uint64_t>;

  bool same(Bytes left, Outline::Section left_section, Bytes right, Outline::Section right_section);
  void hash(Bytes message, Reader reader, uint32_t count, Hashes& hashes);

  const HashKey hash_key_;
  Hashes left_;
  Hashes right_;
  std::vector<uint8_t> record_;
};

}  // namespace dotring::replay
