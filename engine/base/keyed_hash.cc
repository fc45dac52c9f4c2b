#include "engine/base/keyed_hash.h"

#include <bit>

namespace dotring {
namespace {

struct SipState {
  uint64_t v0, v1, v2, v3;

  explicit SipState(const HashKey& key)
      : v0(key.low ^ 0x736f6d6570736575),
        v1(key.high ^ 0x646f72616e646f6d),
        v2(key.low ^ 0x6c7967656e657261),
        v3(key.high ^ 0x7465646279746573) {}

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
};

// SipHash is defined on little-endian words.
uint64_t load_le64(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

uint64_t last_word(Bytes tail, size_t total_size) {
  uint64_t word = static_cast<uint64_t>(total_size) << 56;
  for (size_t i = 0; i < tail.size(); ++i) word |= static_cast<uint64_t>(tail[i]) << (8 * i);
  return word;
}

template <int kRoundsPerWord, int kRoundsAtEnd>
uint64_t siphash(const HashKey& key, Bytes bytes) {
  SipState state(key);
  auto absorb = [&state](uint64_t word) {
    state.v3 ^= word;
    for (int i = 0; i < kRoundsPerWord; ++i) state.round();
    state.v0 ^= word;
  };
  const size_t whole = bytes.size() & ~size_t{7};
  for (size_t i = 0; i < whole; i += 8) absorb(load_le64(bytes.data() + i));
  absorb(last_word(bytes.subspan(whole), bytes.size()));
  state.v2 ^= 0xff;
  for (int i = 0; i < kRoundsAtEnd; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace

uint64_t siphash13(const HashKey& key, Bytes bytes) {
  return siphash<1, 3>(key, bytes);
}
uint64_t siphash24(const HashKey& key, Bytes bytes) {
  return siphash<2, 4>(key, bytes);
}

}  // namespace dotring
