#include "tools/capture/input.h"

#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <thread>

#include "test/tools/capture/packets.h"

namespace dotring::capture {
namespace {

using Compress = Octets (*)(const Octets&);

Octets gzip(const Octets& from) {
  Octets to(compressBound(from.size()) + 32);
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = const_cast<Bytef*>(from.data());
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = to.data();
  stream.avail_out = static_cast<uInt>(to.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  to.resize(stream.total_out);
  deflateEnd(&stream);
  return to;
}

Octets xz(const Octets& from) {
  Octets to(lzma_stream_buffer_bound(from.size()));
  size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, from.data(), from.size(),
                                    to.data(), &size, to.size()),
            LZMA_OK);
  to.resize(size);
  return to;
}

Octets zstd(const Octets& from) {
  Octets to(ZSTD_compressBound(from.size()));
  to.resize(ZSTD_compress(to.data(), to.size(), from.data(), from.size(), 3));
  return to;
}

Octets lz4(const Octets& from) {
  Octets to(LZ4F_compressFrameBound(from.size(), nullptr));
  to.resize(LZ4F_compressFrame(to.data(), to.size(), from.data(), from.size(), nullptr));
  return to;
}

Octets plain(const Octets& from) {
  return from;
}

constexpr Compress kPacked[] = {gzip, xz, zstd, lz4};

// Longer than a piece of reading, and not too regular.
Octets content() {
  Octets octets(300'000);
  uint32_t state = 1;
  for (uint8_t& octet : octets) {
    state = state * 1664525 + 1013904223;
    octet = static_cast<uint8_t>(state >> 29);
  }
  return octets;
}

struct Unpacked {
  Octets octets;
  std::string failure;
};

Unpacked unpack(Input& input) {
  Unpacked result;
  uint8_t room[1000];
  while (const size_t size = input.read(room)) {
    result.octets.insert(result.octets.end(), room, room + size);
  }
  result.failure = input.failure();
  return result;
}

Unpacked unpack(const Octets& file) {
  Input input;
  input.open(Bytes(file));
  return unpack(input);
}

TEST(InputTest, FindsTheCompressionByContent) {
  for (const Compress compress : {gzip, xz, zstd, lz4, plain}) {
    const Unpacked result = unpack(compress(content()));
    EXPECT_EQ(result.octets, content());
    EXPECT_EQ(result.failure, "");
  }
}

TEST(InputTest, ReadsStreamsOneBehindTheOther) {
  for (const Compress compress : kPacked) {
    const Unpacked result = unpack(compress(content()) + compress({1, 2, 3}));
    EXPECT_EQ(result.octets, content() + Octets({1, 2, 3}));
    EXPECT_EQ(result.failure, "");
  }
}

TEST(InputTest, GivesWhatWasReadBeforeTheEndThatIsMissing) {
  for (const Compress compress : kPacked) {
    const Octets packed = compress(content());
    const Unpacked result = unpack(cut(packed, 0, packed.size() / 2));
    EXPECT_GT(result.octets.size(), 10'000u);
    EXPECT_EQ(result.octets, cut(content(), 0, result.octets.size()));
    EXPECT_NE(result.failure, "");
  }
}

TEST(InputTest, SaysThatCompressedDataAreCorrupt) {
  for (const Compress compress : kPacked) {
    Octets packed = compress(content());
    for (size_t i = packed.size() / 2; i < packed.size() / 2 + 64; ++i) packed[i] ^= 0x5a;
    EXPECT_NE(unpack(packed).failure, "");
  }
}

TEST(InputTest, TakesWhatOnlyBeginsLikeACompressedFile) {
  EXPECT_NE(unpack(Octets{0x1f, 0x8b, 0xff}).failure, "");
  EXPECT_NE(unpack(Octets{0xfd, '7', 'z', 'X', 'Z', 0}).failure, "");
  EXPECT_EQ(unpack(Octets{0xfd, '7', 'z'}).octets, (Octets{0xfd, '7', 'z'}));
}

TEST(InputTest, PeeksWithoutTaking) {
  const Octets file = gzip({1, 2, 3, 4, 5});
  Input input;
  input.open(Bytes(file));
  EXPECT_TRUE(equal(input.peek(3), Octets{1, 2, 3}));
  EXPECT_TRUE(equal(input.peek(4), Octets{1, 2, 3, 4}));
  EXPECT_EQ(unpack(input).octets, (Octets{1, 2, 3, 4, 5}));
  EXPECT_TRUE(input.peek(4).empty());
}

TEST(InputTest, ReadsFilesAndPipes) {
  const std::string path = testing::TempDir() + "dotring-input-test-" + std::to_string(getpid());
  const Octets packed = zstd(content());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(packed.data()),
             static_cast<std::streamsize>(packed.size()));
  Input file;
  EXPECT_EQ(file.open(path), std::nullopt);
  EXPECT_EQ(unpack(file).octets, content());
  unlink(path.c_str());

  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread writer([&] {
    for (const uint8_t octet : Octets(packed.begin(), packed.begin() + 10)) {
      EXPECT_EQ(write(ends[1], &octet, 1), 1);
    }
    EXPECT_EQ(write(ends[1], packed.data() + 10, packed.size() - 10),
              static_cast<ssize_t>(packed.size() - 10));
    close(ends[1]);
  });
  Input piped;
  EXPECT_EQ(piped.open("/proc/self/fd/" + std::to_string(ends[0])), std::nullopt);
  EXPECT_EQ(unpack(piped).octets, content());
  writer.join();
  close(ends[0]);
}

TEST(InputTest, SaysWhyAFileCannotBeRead) {
  Input missing, folder;
  EXPECT_TRUE(missing.open("/nonexistent/file").has_value());
  EXPECT_TRUE(folder.open("/").has_value());
}

}  // namespace
}  // namespace dotring::capture
