#include "cache/tiers/envelope.h"

#include <cassert>

namespace dotring::cache::tiers {
namespace {

constexpr uint8_t kPlain = 0;
constexpr uint8_t kSealed = 1;
/// Of a sealed head: version, kind and key id are bound; the nonce is by itself.
constexpr size_t kBoundHead = 2 + SealKey::kIdSize;

}  // namespace

Envelope::Envelope(std::vector<SealKey> keys, const HashKey& seed) : keys_(std::move(keys)) {
  nonce_.fill(0);
  std::memcpy(nonce_.data(), &seed, sizeof seed);
}

size_t Envelope::close(MutableBytes room, size_t body_size, Bytes context) {
  room[0] = kVersion;
  room[1] = keys_.empty() ? kPlain : kSealed;
  if (keys_.empty()) return head_size() + body_size;
  const SealKey& key = keys_.front();
  const size_t padded = (body_size + kPadding - 1) / kPadding * kPadding;
  assert(room.size() >= kHeadMax + padded + SealKey::kTagSize);
  std::memcpy(room.data() + 2, key.id().data(), SealKey::kIdSize);
  ++sealed_;
  std::memcpy(nonce_.data() + sizeof(HashKey), &sealed_, sizeof sealed_);
  std::memcpy(room.data() + kBoundHead, nonce_.data(), nonce_.size());
  const MutableBytes text = room.subspan(kHeadMax, padded);
  std::memset(text.data() + body_size, 0, padded - body_size);
  std::array<uint8_t, kContextMax> bound;
  const Bytes all = bind(room.first(kBoundHead), context, bound);
  const bool done = key.seal(text, nonce_.data(), all);
  return done ? kHeadMax + padded + SealKey::kTagSize : 0;
}

EnvelopeFault Envelope::open(Bytes value, Bytes context, MutableBytes scratch, Bytes& body) const {
  if (value.size() < 2) return EnvelopeFault::Malformed;
  if (value[0] != kVersion || value[1] > kSealed) return EnvelopeFault::Version;
  const bool sealed = value[1] == kSealed;
  if (sealed == keys_.empty()) return EnvelopeFault::Seal;
  if (sealed) return open_sealed(value, context, scratch, body);
  body = value.subspan(2);
  return EnvelopeFault::None;
}

EnvelopeFault Envelope::open_sealed(Bytes value, Bytes context, MutableBytes scratch,
                                    Bytes& body) const {
  if (value.size() <= kHeadMax + SealKey::kTagSize) return EnvelopeFault::Malformed;
  assert(scratch.size() >= value.size());
  const SealKey* key = key_with(value.subspan(2, SealKey::kIdSize));
  if (!key) return EnvelopeFault::Seal;
  std::array<uint8_t, kContextMax> bound;
  const Bytes all = bind(value.first(kBoundHead), context, bound);
  const Bytes sealed = value.subspan(kHeadMax);
  if (!key->open(sealed, value.data() + kBoundHead, all, scratch)) {
    return EnvelopeFault::Seal;
  }
  body = Bytes(scratch).first(sealed.size() - SealKey::kTagSize);
  return EnvelopeFault::None;
}

const SealKey* Envelope::key_with(Bytes id) const {
  for (const SealKey& key : keys_) {
    if (equal(key.id(), id)) return &key;
  }
  return nullptr;
}

Bytes Envelope::bind(Bytes head, Bytes context, MutableBytes room) {
  assert(head.size() + context.size() <= room.size());
  std::memcpy(room.data(), head.data(), head.size());
  std::memcpy(room.data() + head.size(), context.data(), context.size());
  return Bytes(room).first(head.size() + context.size());
}

}  // namespace dotring::cache::tiers
