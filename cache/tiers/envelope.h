// What every value and message of ours in Redis begins with, and the seal round its body.
//
//   plain:   version | 0 | body
//   sealed:  version | 1 | key id (4) | nonce (24) | body, padded and encrypted | tag (16)
//
// The head and a context (the key's name, the channel) are bound to a sealed body: a value that was
// moved to another key does not open. Bodies are padded with zeros to a multiple of 64 octets
// before they are sealed, so that lengths say little; a body knows its own length.
//
// With two keys the first seals and both open: so keys can be changed while appliances run. An
// appliance with keys believes nothing that is plain; one without cannot open what is sealed.
//
// Not thread safe: each worker has its own, with a seed of its own.

#pragma once

#include <vector>

#include "cache/tiers/seal_key.h"

namespace dotring::cache::tiers {

enum class EnvelopeFault : uint8_t {
  None,
  Version,    ///< older, newer or not ours
  Malformed,  ///< too short for what it claims to be
  Seal,       ///< sealed by another key, changed, moved, or plain where only sealed ones count
};

class Envelope {
 public:
  static constexpr uint8_t kVersion = 1;
  static constexpr size_t kPadding = 64;
  static constexpr size_t kHeadMax = 2 + SealKey::kIdSize + SealKey::kNonceSize;
  static constexpr size_t kOverheadMax = kHeadMax + kPadding - 1 + SealKey::kTagSize;

  /// `keys`: none, or the one that seals, or that and another one that only opens. `seed` is
  /// different for every worker and start: no nonce may come twice.
  Envelope(std::vector<SealKey> keys, const HashKey& seed);

  const std::vector<SealKey>& keys() const { return keys_; }
  /// Where the body begins in the room given to close().
  size_t head_size() const { return keys_.empty() ? 2 : kHeadMax; }
  /// `room` is head_size(), then `body_size` octets of body, then at least kOverheadMax more. Gives
  /// the size of the whole; 0 when it could not be sealed.
  size_t close(MutableBytes room, size_t body_size, Bytes context);
  /// `body` is in `value` or `scratch`, which has room for value.size(). With padding, if any.
  EnvelopeFault open(Bytes value, Bytes context, MutableBytes scratch, Bytes& body) const;

 private:
  static constexpr size_t kContextMax = 2048;

  EnvelopeFault open_sealed(Bytes value, Bytes context, MutableBytes scratch, Bytes& body) const;
  const SealKey* key_with(Bytes id) const;
  static Bytes bind(Bytes head, Bytes context, MutableBytes room);

  const std::vector<SealKey> keys_;
  SealKey::Nonce nonce_;
  uint64_t sealed_ = 0;
};

}  // namespace dotring::cache::tiers
