#include "engine/base/cursor.h"

#include <gtest/gtest.h>

#include <vector>

namespace dotring {
namespace {

using Octets = std::vector<uint8_t>;

TEST(Reader, ReadsOneAfterAnother) {
  const Octets octets = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  Reader reader(octets);
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607u);
  EXPECT_EQ(reader.remaining(), 4u);
  reader.skip(1);
  const Bytes bytes = reader.bytes(2);
  EXPECT_EQ(bytes.data(), octets.data() + 8) << "in place";
  EXPECT_EQ(bytes.size(), 2u);
  EXPECT_EQ(reader.offset(), 10u);
  EXPECT_TRUE(reader.ok());
}

TEST(Reader, StartsAtAnOffset) {
  const Octets octets = {1, 2, 3};
  EXPECT_EQ(Reader(octets, 2).u8(), 3);
  EXPECT_TRUE(Reader(octets, 3).ok());
  Reader beyond(octets, 4);
  EXPECT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.remaining(), 0u);
  EXPECT_EQ(beyond.u8(), 0);
}

TEST(Reader, AReadThatDoesNotFitFailsAndMovesNothing) {
  const Octets octets = {1, 2, 3};
  Reader reader(octets);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.offset(), 0u);
}

TEST(Reader, TheErrorIsSticky) {
  const Octets octets = {1, 2, 3};
  Reader reader(octets);
  reader.skip(4);
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_TRUE(reader.bytes(1).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, HugeSizesDoNotWrapAround) {
  const Octets octets = {1, 2, 3};
  Reader reader(octets, 1);
  EXPECT_TRUE(reader.bytes(SIZE_MAX).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, FailsOnDemand) {
  const Octets octets = {1};
  Reader reader(octets);
  reader.fail();
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, NothingCanBeReadFromNothing) {
  Reader reader(Bytes{});
  EXPECT_TRUE(reader.ok());
  reader.skip(0);
  EXPECT_TRUE(reader.ok());
  reader.u8();
  EXPECT_FALSE(reader.ok());
}

TEST(Writer, WritesOneAfterAnother) {
  Octets octets(12, 0xee);
  Writer writer(octets);
  writer.u8(1);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.bytes(Octets{8, 9});
  writer.zeros(2);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.offset(), 11u);
  EXPECT_EQ(writer.remaining(), 1u);
  EXPECT_EQ(writer.written().size(), 11u);
  EXPECT_EQ(octets, (Octets{1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0xee}));
}

TEST(Writer, ContinuesAtAnOffset) {
  Octets octets(3, 0xee);
  Writer writer(octets, 2);
  writer.u8(1);
  EXPECT_EQ(octets, (Octets{0xee, 0xee, 1}));
  EXPECT_FALSE(Writer(octets, 4).ok());
}

TEST(Writer, AWriteThatDoesNotFitFailsAndWritesNothing) {
  Octets octets(3, 0xee);
  Writer writer(octets);
  writer.u32(1);
  EXPECT_FALSE(writer.ok());
  writer.u8(1);
  writer.bytes(Octets{1});
  writer.zeros(1);
  EXPECT_EQ(writer.offset(), 0u);
  EXPECT_EQ(octets, Octets(3, 0xee));
}

TEST(Writer, PatchesOnlyWhatWasWritten) {
  Octets octets(6, 0);
  Writer writer(octets);
  writer.u32(0);
  writer.patch_u16(2, 0x0102);
  writer.patch_u16(3, 0x0909);
  EXPECT_EQ(octets, (Octets{0, 0, 1, 2, 0, 0}));
  writer.fail();
  writer.patch_u16(0, 0x0909);
  EXPECT_EQ(octets[0], 0);
}

}  // namespace
}  // namespace dotring
