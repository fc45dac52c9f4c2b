// One key of the seal: what encrypts values and hashes names, all derived from 32 secret octets.
//
// XChaCha20-Poly1305 with a nonce of 24 octets: long enough that many appliances can choose nonces
// without knowing of each other. Names are hashed by two SipHash-2-4 under keys of their own (128
// bits together): who lacks the key can neither compute nor guess them.
//
// The only part of the cache that uses wolfCrypt (no TLS, no connection).

#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "engine/base/keyed_hash.h"

namespace dotring::cache::tiers {

class SealKey {
 public:
  static constexpr size_t kSecretSize = 32;
  static constexpr size_t kIdSize = 4;
  static constexpr size_t kNonceSize = 24;
  static constexpr size_t kTagSize = 16;
  static constexpr size_t kHashSize = 16;
  using Nonce = std::array<uint8_t, kNonceSize>;
  using Hash = std::array<uint8_t, kHashSize>;

  /// `content` of a key file: 32 octets, or 64 hexadecimal digits and perhaps white space behind
  /// them. Nothing when it is neither.
  static std::optional<SealKey> from_file_content(std::string_view content);

  /// Tells keys apart; says nothing about the key.
  Bytes id() const { return id_; }
  Hash hash(Bytes bytes) const;

  /// Encrypts `text` in place and writes the tag behind it (kTagSize octets, which are there).
  /// `context` is bound to it, not hidden.
  bool seal(MutableBytes text, const uint8_t* nonce, Bytes context) const;
  /// `sealed` is cipher text and tag; `text` has room for sealed.size(). False when not one bit is
  /// to be believed.
  bool open(Bytes sealed, const uint8_t* nonce, Bytes context, MutableBytes text) const;

 private:
  bool derive(Bytes secret);

  std::array<uint8_t, kIdSize> id_{};
  std::array<uint8_t, 32> cipher_key_{};
  HashKey hash_keys_[2];
};

}  // namespace dotring::cache::tiers
