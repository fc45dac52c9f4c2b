// Decompressors behind one step function: gzip, xz, Zstandard and LZ4 frames, each by its library.
//
// What it is not: a reader of files (input.h is). Memory is bounded whatever a header claims: xz
// and Zstandard windows above kMemoryMax are refused, gzip and LZ4 cannot ask for more.

#pragma once

#include <memory>
#include <string>

#include "engine/base/bytes.h"

namespace dotring::capture {

class Decoder {
 public:
  struct Step {
    size_t taken = 0;
    size_t given = 0;
    std::string failure;  ///< not empty: what is wrong with the octets; `given` still counts
  };

  static constexpr uint64_t kMemoryMax = 256 << 20;  ///< octets, for windows and dictionaries

  virtual ~Decoder() = default;
  /// Takes from `in` and gives to `out` as much as goes. Streams that follow each other in one file
  /// are one stream.
  virtual Step decode(Bytes in, MutableBytes out) = 0;
  /// True where the input may end: between two streams.
  virtual bool complete() const = 0;
};

/// The octets by which a format is found.
inline constexpr size_t kMagicSizeMax = 6;

/// The decoder for a file that begins with `head` (kMagicSizeMax octets, or the whole file if it is
/// shorter); null when it is not compressed.
std::unique_ptr<Decoder> make_decoder(Bytes head);

}  // namespace dotring::capture
