// The octets of a capture: a file or a pipe, decompressed by what it begins with.
//
// Reads forward only, in pieces of 64 KiB, so any pipe will do. What was read before a failure is
// good; failure() says why there is no more.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/capture/decoder.h"

namespace dotring::capture {

class Input {
 public:
  Input() = default;
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// "-": standard input. Not null: what failed.
  std::optional<std::string> open(const std::string& path);
  /// Octets that are already in memory (tests, fuzzing); they outlive the Input.
  void open(Bytes octets);

  /// `call` is called before each time that a file or pipe is read, which may take long. Only
  /// before open().
  void before_waiting(std::function<void()> call) { before_waiting_ = std::move(call); }

  /// Fills `room` as far as there are octets; less than asked for only at the end or on failure.
  size_t read(MutableBytes room);
  /// As read(), but gives what a pipe has now; 0 only at the end or on failure.
  size_t read_some(MutableBytes room);
  /// Up to `size` octets that read() will give next, at most kPeekMax.
  Bytes peek(size_t size);
  static constexpr size_t kPeekMax = 64;

  /// Not empty: why it ended before its end.
  const std::string& failure() const { return failure_; }

 private:
  size_t take_peeked(MutableBytes room);
  size_t take_fresh(MutableBytes room);
  size_t decode_some(MutableBytes room);
  size_t take_raw(MutableBytes room);
  bool fill();
  void find_decoder();

  std::function<void()> before_waiting_;
  int descriptor_ = -1;
  bool ended_ = false;
  Bytes raw_;  ///< compressed or not, not yet taken
  std::vector<uint8_t> buffer_;
  std::vector<uint8_t> peeked_;
  std::unique_ptr<Decoder> decoder_;
  std::string failure_;
};

}  // namespace dotring::capture
