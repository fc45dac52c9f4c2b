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

/// What of an answer is compared. Reused from answer to answer, so that it allocates seldom.
class Digest {
 public:
  explicit Digest(const HashKey& hash_key) : hash_key_(hash_key) {}

  /// `message` has at least a header. Nothing: there was no answer.
  void set(std::optional<Bytes> message);

  bool present() const { return present_; }
  bool sound() const { return sound_; }
  /// 12 bits.
  uint16_t rcode() const { return rcode_; }
  uint16_t flags() const { return flags_; }

  friend Differences compare(const Digest& left, const Digest& right);

 private:
  void read(Bytes message);
  void read_section(Bytes message, Reader& reader, uint32_t count, std::vector<uint64_t>& hashes);

  const HashKey hash_key_;
  bool present_ = false;
  bool sound_ = false;
  uint16_t rcode_ = 0;
  uint16_t flags_ = 0;
  std::vector<uint64_t> answer_;  ///< hashes of the records, sorted
  std::vector<uint64_t> authority_;
  std::vector<uint8_t> record_;
};

Differences compare(const Digest& left, const Digest& right);

}  // namespace dotring::replay
