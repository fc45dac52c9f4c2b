// How many queries one stream of a server may carry: all there are ids for, unless the server
// closes streams that still have queries in flight.
//
// Some servers close after a number of answers, the worst after each. Whatever is in flight then is
// asked again elsewhere, and without a limit again and again. So the window falls to what the lost
// stream had answered, and doubles after each window of answers without such a loss. When a stream
// is broken off it falls to half of what was in flight.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace dotring::upstream {

class Window {
 public:
  explicit Window(size_t largest) : largest_(largest), size_(largest) {}

  size_t size() const { return size_; }

  void answered() {
    if (size_ == largest_ || ++answers_ < size_) return;
    answers_ = 0;
    size_ = std::min(2 * size_, largest_);
  }

  /// A stream that had given `answers` was closed, in order, with queries in flight.
  void closed_early(uint64_t answers) { shrink_to(answers); }
  /// A stream was broken off with so many queries in flight: a restart, or too many at once.
  void broken_off(uint64_t in_flight) { shrink_to(in_flight / 2); }

 private:
  void shrink_to(uint64_t size) {
    answers_ = 0;
    size_ = static_cast<size_t>(std::clamp<uint64_t>(size, 1, size_));
  }

  const size_t largest_;
  size_t size_;
  uint64_t answers_ = 0;
};

}  // namespace dotring::upstream
