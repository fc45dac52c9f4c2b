// A fixed number of records of one type, handed out and taken back without allocation.
//
// All memory is taken at construction, so the capacity is the bound and the cost is
// capacity * (sizeof(T) + 8) bytes. A record is constructed when it is handed out and destroyed
// when it is taken back. index_of() and at() let a small integer stand for a record (in user data,
// in an id table); generation_of() tells a record from the one that had its place before.

#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace dotring {

template <typename T>
class Slab {
 public:
  explicit Slab(uint32_t capacity)
      : places_(std::make_unique_for_overwrite<Place[]>(capacity)), generations_(capacity, 0) {
    free_.reserve(capacity);
    for (uint32_t i = capacity; i > 0; --i) free_.push_back(i - 1);
  }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    for (uint32_t i = 0; i < capacity(); ++i) {
      if (in_use(i)) at(i)->~T();
    }
  }

  /// Octets per record, its bookkeeping included.
  static constexpr size_t memory_of_one() { return sizeof(Place) + 2 * sizeof(uint32_t); }

  uint32_t capacity() const { return static_cast<uint32_t>(generations_.size()); }
  uint32_t used() const { return capacity() - static_cast<uint32_t>(free_.size()); }

  /// Null when all records are in use.
  template <typename... Arguments>
  T* take(Arguments&&... arguments) {
    if (free_.empty()) return nullptr;
    const uint32_t index = free_.back();
    free_.pop_back();
    ++generations_[index];
    return new (places_[index].storage) T(std::forward<Arguments>(arguments)...);
  }

  void give_back(T* record) {
    const uint32_t index = index_of(record);
    assert(in_use(index));
    record->~T();
    ++generations_[index];
    free_.push_back(index);
  }

  uint32_t index_of(const T* record) const {
    return static_cast<uint32_t>(reinterpret_cast<const Place*>(record) - places_.get());
  }
  /// The record at `index`; only meaningful while in_use(index).
  T* at(uint32_t index) { return std::launder(reinterpret_cast<T*>(places_[index].storage)); }
  /// Odd while the place is in use, and different each time it is handed out.
  uint32_t generation_of(uint32_t index) const { return generations_[index]; }
  bool in_use(uint32_t index) const { return generations_[index] & 1; }
  /// The record that had this index and generation, or null when it was taken back since.
  T* find(uint32_t index, uint32_t generation) {
    const bool same = index < capacity() && in_use(index) && generations_[index] == generation;
    return same ? at(index) : nullptr;
  }

 private:
  struct Place {
    alignas(T) unsigned char storage[sizeof(T)];
  };

  std::unique_ptr<Place[]> places_;
  std::vector<uint32_t> generations_;
  std::vector<uint32_t> free_;
};

}  // namespace dotring
