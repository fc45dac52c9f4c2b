// A counter with one writer and any number of readers.
//
// A worker counts, the admin thread gathers when asked. Relaxed loads and stores (no locked
// read-modify-write) make counting as cheap as a plain integer; a reader may see a value that is a
// few events old, never a torn one.

#pragma once

#include <atomic>
#include <cstdint>

namespace dotring {

class Counter {
 public:
  /// Only from the owning thread.
  void add(uint64_t count = 1) { set(value() + count); }
  void subtract(uint64_t count = 1) { set(value() - count); }
  void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  /// From any thread.
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace dotring
