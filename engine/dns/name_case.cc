// Names without regard to ASCII case (RFC 4343), eight octets at a time: each cache hit folds a
// name once.

#include "engine/dns/name.h"

namespace dotring::dns {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;

uint8_t lower(uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<uint8_t>(octet | 0x20) : octet;
}

// Adds 0x20 to each octet in A-Z. The low seven bits of an octet plus (0x80 - 'A') reach the high
// bit from 'A' on, plus (0x80 - 'Z' - 1) from behind 'Z' on; neither sum leaves its octet.
uint64_t lower(uint64_t word) {
  const uint64_t low_bits = word & ~kHighBits;
  const uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
  const uint64_t above_z = low_bits + kOnes * (0x80 - 'Z' - 1);
  const uint64_t letters = from_a & ~above_z & ~word & kHighBits;
  return word | letters >> 2;
}

uint64_t load_word(const uint8_t* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

void copy_lower(Bytes name, uint8_t* to) {
  const size_t size = name.size();
  if (size < sizeof(uint64_t)) {
    for (size_t i = 0; i < size; ++i) to[i] = lower(name[i]);
    return;
  }
  // The last word overlaps the one before; folding twice changes nothing.
  const size_t last = size - sizeof(uint64_t);
  for (size_t i = 0; i < last; i += sizeof(uint64_t)) {
    const uint64_t word = lower(load_word(name.data() + i));
    std::memcpy(to + i, &word, sizeof word);
  }
  const uint64_t word = lower(load_word(name.data() + last));
  std::memcpy(to + last, &word, sizeof word);
}

bool equal_ignoring_case(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  size_t i = 0;
  for (; a.size() - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
    if (lower(load_word(a.data() + i)) != lower(load_word(b.data() + i))) return false;
  }
  for (; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is_within(Bytes name, Bytes parent) {
  while (name.size() > parent.size()) {
    const size_t label_size = size_t{name[0]} + 1;
    if (label_size > name.size()) return false;
    name = name.subspan(label_size);
  }
  return equal(name, parent);
}

}  // namespace dotring::dns
