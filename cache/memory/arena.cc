#include "cache/memory/arena.h"

#include <sys/mman.h>

#include <cassert>

namespace dotring::cache {

bool Arena::reserve(size_t size) {
  assert(!data_);
  if (size == 0) return true;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  // Fails on kernels without huge pages, which is what it asks for.
  static_cast<void>(madvise(memory, size, MADV_NOHUGEPAGE));
  data_ = static_cast<uint8_t*>(memory);
  size_ = size;
  return true;
}

// Where the kernel refuses (larger pages), the memory stays resident, inside its bound.
void Arena::release(size_t offset, size_t size) {
  assert(offset + size <= size_);
  if (size > 0) static_cast<void>(madvise(data_ + offset, size, MADV_DONTNEED));
}

Arena::~Arena() {
  if (data_) munmap(data_, size_);
}

}  // namespace dotring::cache
