// Copies of keys in the order in which they were asked for, in a ring of bytes: first in, first
// out.
//
// Positions only grow, so that a key released twice, or after clear(), releases nothing else.
// Invariant: tail_ - head_ <= capacity.

#pragma once

#include <memory>

#include "engine/base/bytes.h"

namespace dotring::cache::redis {

class KeyQueue {
 public:
  /// Where a copy lies; `end` == 0: nowhere.
  struct Place {
    uint64_t end = 0;
    uint32_t size = 0;
  };

  /// 0: keeps nothing.
  explicit KeyQueue(size_t capacity)
      : capacity_(capacity), room_(std::make_unique_for_overwrite<uint8_t[]>(capacity)) {}

  /// Nowhere when there is no room.
  Place push(Bytes key) {
    if (key.empty() || key.size() > capacity_) return {};
    const uint64_t to_the_end = capacity_ - tail_ % capacity_;
    const uint64_t start = to_the_end < key.size() ? tail_ + to_the_end : tail_;
    if (start + key.size() - head_ > capacity_) return {};
    std::memcpy(room_.get() + start % capacity_, key.data(), key.size());
    tail_ = start + key.size();
    return {tail_, static_cast<uint32_t>(key.size())};
  }
  /// Of a place that is not nowhere and not released.
  Bytes at(const Place& place) const {
    return {room_.get() + (place.end - place.size) % capacity_, place.size};
  }
  /// This one and all that were pushed before it.
  void release(const Place& place) {
    if (place.end > head_) head_ = place.end;
  }
  void clear() { head_ = tail_; }

 private:
  const size_t capacity_;
  std::unique_ptr<uint8_t[]> room_;
  uint64_t head_ = 0;
  uint64_t tail_ = 0;
};

}  // namespace dotring::cache::redis
