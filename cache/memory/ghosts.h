// Who was evicted lately without having been asked for twice: 16-bit marks of tags, nothing else.
//
// A key that comes back while its mark is here has shown that it is asked for again and goes to
// the main queue at once (S3-FIFO's ghost queue). A mark is overwritten by the next one with the
// same home, so marks fade at random instead of in order; a false positive (1 in 32,768) only costs
// a place in the main queue.

#pragma once

#include <memory>

#include "engine/base/bytes.h"

namespace dotring::cache {

class Ghosts {
 public:
  Ghosts() = default;
  explicit Ghosts(uint32_t capacity) : capacity_(capacity) {}

  /// Memory is taken with the first mark.
  void add(uint32_t tag) {
    if (capacity_ == 0) return;
    if (!marks_) marks_ = std::make_unique<uint16_t[]>(capacity_);
    marks_[home(tag)] = mark(tag);
  }
  /// Whether the tag is marked; the mark is taken away.
  bool take(uint32_t tag) {
    if (!marks_ || marks_[home(tag)] != mark(tag)) return false;
    marks_[home(tag)] = 0;
    return true;
  }
  void clear() { marks_.reset(); }
  size_t bytes() const { return marks_ ? capacity_ * sizeof(uint16_t) : 0; }

 private:
  // The upper bits choose the home, the lower ones are the mark; 0 is no mark.
  uint32_t home(uint32_t tag) const {
    return static_cast<uint32_t>(uint64_t{tag} * capacity_ >> 32);
  }
  static uint16_t mark(uint32_t tag) { return static_cast<uint16_t>(tag) | 1; }

  std::unique_ptr<uint16_t[]> marks_;
  uint32_t capacity_ = 0;
};

}  // namespace dotring::cache
