#include "tools/dotring/audit/record_queue.h"

#include <bit>
#include <cassert>

namespace dotring::appliance {

RecordQueue::RecordQueue(size_t bytes)
    : capacity_(std::bit_ceil(bytes < kAlignment ? kAlignment : bytes)),
      octets_(std::make_unique_for_overwrite<uint8_t[]>(capacity_)) {}

size_t RecordQueue::space_of(size_t size) {
  return (kAlignment + size + kAlignment - 1) / kAlignment * kAlignment;
}

MutableBytes RecordQueue::reserve(size_t size) {
  const size_t space = space_of(size);
  const uint64_t start = written_.load(std::memory_order_relaxed);
  const size_t skipped = until_end(start) < space ? until_end(start) : 0;
  const uint64_t used = start - read_.load(std::memory_order_acquire);
  if (used + skipped + space > capacity_) return {};
  if (skipped > 0) std::memcpy(at(start), &kSkip, sizeof kSkip);
  const Size kept = static_cast<Size>(size);
  std::memcpy(at(start + skipped), &kept, sizeof kept);
  reserved_ = start + skipped + space;
  return {at(start + skipped) + kAlignment, size};
}

void RecordQueue::push() {
  assert(reserved_ > written_.load(std::memory_order_relaxed));
  written_.store(reserved_, std::memory_order_release);
}

RecordQueue::Size RecordQueue::size_at(uint64_t position) {
  Size size;
  std::memcpy(&size, at(position), sizeof size);
  return size;
}

Bytes RecordQueue::front() {
  uint64_t position = read_.load(std::memory_order_relaxed);
  if (position == written_.load(std::memory_order_acquire)) return {};
  if (size_at(position) == kSkip) {
    position += until_end(position);
    read_.store(position, std::memory_order_release);
  }
  return {at(position) + kAlignment, size_at(position)};
}

void RecordQueue::pop() {
  const uint64_t position = read_.load(std::memory_order_relaxed);
  read_.store(position + space_of(size_at(position)), std::memory_order_release);
}

bool RecordQueue::empty() const {
  return read_.load(std::memory_order_relaxed) == written_.load(std::memory_order_seq_cst);
}

}  // namespace dotring::appliance
