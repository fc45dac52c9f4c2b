#include "cache/redis/slot.h"

#include <array>

namespace dotring::cache::redis {
namespace {

constexpr uint16_t kPolynomial = 0x1021;

constexpr std::array<uint16_t, 256> make_table() {
  std::array<uint16_t, 256> table{};
  for (uint32_t octet = 0; octet < 256; ++octet) {
    uint32_t remainder = octet << 8;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = remainder & 0x8000 ? remainder << 1 ^ kPolynomial : remainder << 1;
    }
    table[octet] = static_cast<uint16_t>(remainder);
  }
  return table;
}

constexpr std::array<uint16_t, 256> kTable = make_table();

Bytes tag_of(Bytes key) {
  const std::string_view text = text_of(key);
  const size_t open = text.find('{');
  if (open == std::string_view::npos) return key;
  const size_t close = text.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.subspan(open + 1, close - open - 1);
}

}  // namespace

uint16_t crc16(Bytes bytes) {
  uint16_t remainder = 0;
  for (const uint8_t octet : bytes) {
    remainder = static_cast<uint16_t>(remainder << 8 ^ kTable[remainder >> 8 ^ octet]);
  }
  return remainder;
}

uint16_t slot_of(Bytes key) {
  return crc16(tag_of(key)) % kSlots;
}

}  // namespace dotring::cache::redis
