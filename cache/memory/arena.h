// Address space for a whole store, taken once. The kernel gives pages when they are first written,
// so what is reserved costs nothing until it is used.
//
// Huge pages are refused: with them the first answer of each shard would make 2 MiB resident.

#pragma once

#include <cstddef>
#include <cstdint>

namespace dotring::cache {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  /// False when the kernel does not give the address space. `size` may be 0. To be called once.
  bool reserve(size_t size);
  uint8_t* data() const { return data_; }
  /// Gives the pages that lie wholly inside back; they read as zeros afterwards.
  void release(size_t offset, size_t size);

  static size_t round_down_to_pages(size_t size) { return size & ~(kPageSize - 1); }

 private:
  // The alignment of shards: whole pages on every machine with pages of 4 KiB; harmless with larger
  // ones, where release() gives back less.
  static constexpr size_t kPageSize = 4096;

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace dotring::cache
