// Records of any size from one thread to another: a ring of octets with one writer and one reader.
//
// What it is: bounded and without locks; who writes never waits, a record for which there is no
// room is refused. What it is not: a way to wake the reader (doorbell.h).
//
// Invariant: read_ <= written_ <= read_ + capacity, all in octets since the start; each record lies
// in one piece, so what is left before the ring's end may be skipped.

#pragma once

#include <atomic>
#include <memory>

#include "engine/base/bytes.h"

namespace dotring::appliance {

class RecordQueue {
 public:
  /// Rounded up to a power of two. Memory is touched as it is used.
  explicit RecordQueue(size_t bytes);

  /// The writer's: room for a record, filled before push(). Empty: full, or never large enough.
  MutableBytes reserve(size_t size);
  void push();

  /// The reader's: the oldest record, valid until pop(). Empty: there is none.
  Bytes front();
  void pop();
  bool empty() const;

 private:
  using Size = uint32_t;
  static constexpr Size kSkip = UINT32_MAX;
  /// Each record begins with its size at a multiple of this.
  static constexpr size_t kAlignment = 8;

  static size_t space_of(size_t size);
  size_t until_end(uint64_t position) const { return capacity_ - (position & (capacity_ - 1)); }
  uint8_t* at(uint64_t position) { return octets_.get() + (position & (capacity_ - 1)); }
  Size size_at(uint64_t position);

  const size_t capacity_;
  const std::unique_ptr<uint8_t[]> octets_;
  uint64_t reserved_ = 0;  ///< the writer's: where push() will end
  alignas(64) std::atomic<uint64_t> written_{0};
  alignas(64) std::atomic<uint64_t> read_{0};
};

}  // namespace dotring::appliance
