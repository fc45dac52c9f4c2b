#include "tools/capture/decoder.h"

#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <climits>

namespace dotring::capture {
namespace {

constexpr uint8_t kGzipMagic[] = {0x1f, 0x8b};
constexpr uint8_t kXzMagic[] = {0xfd, '7', 'z', 'X', 'Z', 0};
constexpr uint8_t kZstdMagic[] = {0x28, 0xb5, 0x2f, 0xfd};
constexpr uint8_t kLz4Magic[] = {0x04, 0x22, 0x4d, 0x18};

bool begins_with(Bytes head, Bytes magic) {
  return head.size() >= magic.size() && equal(head.first(magic.size()), magic);
}

uInt limited(size_t size) {
  return static_cast<uInt>(std::min<size_t>(size, UINT_MAX));
}

class GzipDecoder final : public Decoder {
 public:
  // 15: the largest window; 16: with gzip's header.
  GzipDecoder() { inflateInit2(&stream_, 15 + 16); }
  ~GzipDecoder() override { inflateEnd(&stream_); }

  Step decode(Bytes in, MutableBytes out) override {
    if (complete_ && !in.empty()) begin_member();
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = limited(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = limited(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    Step step{static_cast<size_t>(stream_.next_in - in.data()),
              static_cast<size_t>(stream_.next_out - out.data()),
              {}};
    if (result == Z_STREAM_END) {
      complete_ = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      step.failure = std::string("gzip: ") + (stream_.msg ? stream_.msg : zError(result));
    }
    return step;
  }
  bool complete() const override { return complete_; }

 private:
  void begin_member() {
    inflateReset(&stream_);
    complete_ = false;
  }

  z_stream stream_{};
  bool complete_ = false;
};

const char* xz_problem(lzma_ret result) {
  switch (result) {
    case LZMA_MEMLIMIT_ERROR:
      return "xz: it needs more than 256 MiB of memory";
    case LZMA_FORMAT_ERROR:
      return "xz: not the format";
    case LZMA_OPTIONS_ERROR:
      return "xz: unknown options";
    case LZMA_DATA_ERROR:
      return "xz: the data are corrupt";
    default:
      return "xz: it cannot be decompressed";
  }
}

class XzDecoder final : public Decoder {
 public:
  XzDecoder() { begin_stream(); }
  ~XzDecoder() override { lzma_end(&stream_); }

  Step decode(Bytes in, MutableBytes out) override {
    if (complete_ && !in.empty()) begin_stream();
    if (!ready_) return {0, 0, "xz: no memory"};
    stream_.next_in = in.data();
    stream_.avail_in = in.size();
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    Step step{in.size() - stream_.avail_in, out.size() - stream_.avail_out, {}};
    if (result == LZMA_STREAM_END) {
      complete_ = true;
    } else if (result != LZMA_OK && result != LZMA_BUF_ERROR) {
      step.failure = xz_problem(result);
    }
    return step;
  }
  bool complete() const override { return complete_; }

 private:
  void begin_stream() {
    lzma_end(&stream_);
    stream_ = LZMA_STREAM_INIT;
    ready_ = lzma_stream_decoder(&stream_, kMemoryMax, 0) == LZMA_OK;
    complete_ = false;
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
  bool complete_ = false;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kWindowLogMax);
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }

  Step decode(Bytes in, MutableBytes out) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const size_t result = ZSTD_decompressStream(context_, &output, &input);
    Step step{input.pos, output.pos, {}};
    if (ZSTD_isError(result)) {
      step.failure = std::string("zstd: ") + ZSTD_getErrorName(result);
    } else if (step.taken > 0 || step.given > 0) {
      complete_ = result == 0;
    }
    return step;
  }
  bool complete() const override { return complete_; }

 private:
  static constexpr int kWindowLogMax = 28;
  static_assert(uint64_t{1} << kWindowLogMax == kMemoryMax);

  ZSTD_DCtx* context_;
  bool complete_ = false;
};

class Lz4Decoder final : public Decoder {
 public:
  Lz4Decoder() { LZ4F_createDecompressionContext(&context_, LZ4F_VERSION); }
  ~Lz4Decoder() override { LZ4F_freeDecompressionContext(context_); }

  Step decode(Bytes in, MutableBytes out) override {
    size_t taken = in.size();
    size_t given = out.size();
    const size_t result = LZ4F_decompress(context_, out.data(), &given, in.data(), &taken, nullptr);
    if (LZ4F_isError(result)) return {0, 0, std::string("lz4: ") + LZ4F_getErrorName(result)};
    if (taken > 0 || given > 0) complete_ = result == 0;
    return {taken, given, {}};
  }
  bool complete() const override { return complete_; }

 private:
  LZ4F_dctx* context_ = nullptr;
  bool complete_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(Bytes head) {
  if (begins_with(head, kGzipMagic)) return std::make_unique<GzipDecoder>();
  if (begins_with(head, kXzMagic)) return std::make_unique<XzDecoder>();
  if (begins_with(head, kZstdMagic)) return std::make_unique<ZstdDecoder>();
  if (begins_with(head, kLz4Magic)) return std::make_unique<Lz4Decoder>();
  return nullptr;
}

}  // namespace dotring::capture
