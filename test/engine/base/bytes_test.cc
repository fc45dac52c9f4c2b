#include "engine/base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace dotring {
namespace {

TEST(Bytes, IntegersAreBigEndian) {
  const std::array<uint8_t, 4> octets = {0x81, 0x02, 0x03, 0xf4};
  EXPECT_EQ(load_be16(octets.data()), 0x8102);
  EXPECT_EQ(load_be32(octets.data()), 0x810203f4u);
  std::array<uint8_t, 6> stored{};
  store_be16(stored.data(), 0x8102);
  store_be32(stored.data() + 2, 0x810203f4);
  EXPECT_EQ(stored, (std::array<uint8_t, 6>{0x81, 0x02, 0x81, 0x02, 0x03, 0xf4}));
}

TEST(Bytes, TextAndBytesAreTheSameOctets) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(bytes_of(text).size(), 3u);
  EXPECT_EQ(text_of(bytes_of(text)), text);
}

TEST(Bytes, EqualComparesSizeAndContent) {
  EXPECT_TRUE(equal({}, {}));
  EXPECT_TRUE(equal(bytes_of("ab"), bytes_of("ab")));
  EXPECT_FALSE(equal(bytes_of("ab"), bytes_of("abc")));
  EXPECT_FALSE(equal(bytes_of("ab"), bytes_of("ac")));
  EXPECT_FALSE(equal(bytes_of("ab"), {}));
}

}  // namespace
}  // namespace dotring
