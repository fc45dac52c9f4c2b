// A growable run of bytes with room at the end, for what waits to be sent.
//
// Unlike std::vector it does not zero room that is about to be written. Memory is taken on first
// use and given back by shrink() when it is empty and larger than it needs to be between bursts.
//
// Invariant: start_ <= end_ <= capacity.

#pragma once

#include <algorithm>
#include <memory>

#include "engine/base/bytes.h"

namespace dotring {

class ByteBuffer {
 public:
  Bytes bytes() const { return {storage_.get() + start_, size()}; }
  size_t size() const { return end_ - start_; }
  bool empty() const { return start_ == end_; }

  /// Room for `size` bytes at the end, valid until the next call of a method that is not const.
  MutableBytes reserve(size_t size) {
    if (capacity_ - end_ < size) make_room(size);
    return {storage_.get() + end_, size};
  }
  void commit(size_t size) { end_ += size; }
  void append(Bytes bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  /// Drops bytes from the front.
  void consume(size_t size) {
    start_ += size;
    if (start_ == end_) clear();
  }
  void clear() { start_ = end_ = 0; }
  /// Gives memory back when empty and above `capacity_max`.
  void shrink(size_t capacity_max) {
    if (!empty() || capacity_ <= capacity_max) return;
    storage_.reset();
    capacity_ = 0;
    clear();
  }
  size_t capacity() const { return capacity_; }

 private:
  void make_room(size_t size) {
    const size_t used = this->size();
    const size_t wanted = used + size;
    if (capacity_ >= wanted) {
      std::memmove(storage_.get(), storage_.get() + start_, used);
    } else {
      const size_t capacity = std::max<size_t>({wanted, capacity_ * 2, 512});
      auto larger = std::make_unique_for_overwrite<uint8_t[]>(capacity);
      if (used > 0) std::memcpy(larger.get(), storage_.get() + start_, used);
      storage_ = std::move(larger);
      capacity_ = capacity;
    }
    start_ = 0;
    end_ = used;
  }

  std::unique_ptr<uint8_t[]> storage_;
  size_t capacity_ = 0;
  size_t start_ = 0;
  size_t end_ = 0;
};

}  // namespace dotring
