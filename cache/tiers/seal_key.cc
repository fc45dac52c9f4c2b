#include "cache/tiers/seal_key.h"

// clang-format off
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>
// clang-format on

#ifndef HAVE_XCHACHA
#error "This wolfSSL has no XChaCha20-Poly1305: build it with --enable-xchacha"
#endif

namespace dotring::cache::tiers {
namespace {

constexpr std::string_view kDerivation = "dotring redis seal 1";

int digit_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool from_hexadecimal(std::string_view text, MutableBytes octets) {
  if (text.size() != 2 * octets.size()) return false;
  for (size_t i = 0; i < octets.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    octets[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

std::string_view without_space_behind(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

std::optional<SealKey> SealKey::from_file_content(std::string_view content) {
  SealKey key;
  if (content.size() == kSecretSize) {
    return key.derive(bytes_of(content)) ? std::optional(key) : std::nullopt;
  }
  std::array<uint8_t, kSecretSize> secret;
  if (!from_hexadecimal(without_space_behind(content), secret)) return std::nullopt;
  return key.derive(secret) ? std::optional(key) : std::nullopt;
}

// HKDF (RFC 5869): id, key of the cipher and keys of the hashes, independent of each other.
bool SealKey::derive(Bytes secret) {
  std::array<uint8_t, kIdSize + 32 + 2 * sizeof(HashKey)> octets;
  const auto* label = reinterpret_cast<const uint8_t*>(kDerivation.data());
  if (wc_HKDF(WC_SHA256, secret.data(), static_cast<word32>(secret.size()), nullptr, 0, label,
              static_cast<word32>(kDerivation.size()), octets.data(), octets.size()) != 0) {
    return false;
  }
  std::memcpy(id_.data(), octets.data(), kIdSize);
  std::memcpy(cipher_key_.data(), octets.data() + kIdSize, cipher_key_.size());
  const uint8_t* at = octets.data() + kIdSize + cipher_key_.size();
  for (HashKey& key : hash_keys_) {
    key.low = uint64_t{load_be32(at)} << 32 | load_be32(at + 4);
    key.high = uint64_t{load_be32(at + 8)} << 32 | load_be32(at + 12);
    at += sizeof(HashKey);
  }
  return true;
}

SealKey::Hash SealKey::hash(Bytes bytes) const {
  Hash hash;
  for (size_t i = 0; i < 2; ++i) {
    const uint64_t part = siphash24(hash_keys_[i], bytes);
    store_be32(hash.data() + 8 * i, static_cast<uint32_t>(part >> 32));
    store_be32(hash.data() + 8 * i + 4, static_cast<uint32_t>(part));
  }
  return hash;
}

bool SealKey::seal(MutableBytes text, const uint8_t* nonce, Bytes context) const {
  return wc_XChaCha20Poly1305_Encrypt(text.data(), text.size() + kTagSize, text.data(), text.size(),
                                      context.data(), context.size(), nonce, kNonceSize,
                                      cipher_key_.data(), cipher_key_.size()) == 0;
}

bool SealKey::open(Bytes sealed, const uint8_t* nonce, Bytes context, MutableBytes text) const {
  if (sealed.size() <= kTagSize) return false;
  return wc_XChaCha20Poly1305_Decrypt(text.data(), text.size(), sealed.data(), sealed.size(),
                                      context.data(), context.size(), nonce, kNonceSize,
                                      cipher_key_.data(), cipher_key_.size()) == 0;
}

}  // namespace dotring::cache::tiers
