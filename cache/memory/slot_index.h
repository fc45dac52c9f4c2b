// Where the entry of a key is: a hash table of 8-octet slots (tag, position), open addressing,
// linear probing.
//
// The tag is 32 bits of a keyed hash; the slot it belongs to follows from it, so growing needs no
// look at the entries. It starts with nothing and grows by doubling up to `slots_max`; it never
// shrinks except by clear(). Whoever chooses names can not choose where they collide (the hash is
// keyed).
//
// Invariant: size() <= size_max() < slots_max; every slot between a tag's home and its place is
// taken.

#pragma once

#include <atomic>
#include <cassert>
#include <memory>

#include "engine/base/bytes.h"

namespace dotring::cache {

class SlotIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kSlotSize = 8;

  SlotIndex() = default;
  explicit SlotIndex(uint32_t slots_max) : slots_max_(slots_max) {}

  uint32_t size() const { return size_; }
  uint32_t size_max() const { return load_max(slots_max_); }
  size_t bytes() const { return kSlotSize * capacity_; }

  /// The position of the first entry with this tag for which `matches(position)`; kNone without
  /// one.
  template <typename Matches>
  uint32_t find(uint32_t tag, Matches&& matches) const;
  /// From any thread, whatever others do meanwhile: at worst it fetches what nobody needs.
  void prefetch(uint32_t tag) const {
    const size_t at = home(tag, hint_capacity_.load(std::memory_order_relaxed));
    const uintptr_t start = hint_start_.load(std::memory_order_relaxed);
    __builtin_prefetch(reinterpret_cast<const void*>(start + at * kSlotSize));
  }
  /// size() < size_max() must hold.
  void insert(uint32_t tag, uint32_t position);
  /// The slot of (tag, position) must exist.
  void erase(uint32_t tag, uint32_t position);
  void move(uint32_t tag, uint32_t from, uint32_t to);
  void clear();

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t position_plus_one = 0;  // 0: free
  };

  // At four fifths a probe is short enough, and a slot costs 10 octets per entry.
  static uint32_t load_max(uint32_t slots) {
    return static_cast<uint32_t>(uint64_t{slots} * 4 / 5);
  }
  static uint32_t home(uint32_t tag, uint32_t capacity) {
    return static_cast<uint32_t>(uint64_t{tag} * capacity >> 32);
  }
  uint32_t home(uint32_t tag) const { return home(tag, capacity_); }
  uint32_t next(uint32_t slot) const { return slot + 1 == capacity_ ? 0 : slot + 1; }
  uint32_t slot_of(uint32_t tag, uint32_t position) const;
  void place(Slot slot);
  void grow();
  void take_hint();

  std::atomic<uintptr_t> hint_start_{0};  ///< of slots_, for prefetch()
  std::atomic<uint32_t> hint_capacity_{0};
  std::unique_ptr<Slot[]> slots_;
  uint32_t capacity_ = 0;
  uint32_t size_ = 0;
  uint32_t slots_max_ = 0;
};

template <typename Matches>
uint32_t SlotIndex::find(uint32_t tag, Matches&& matches) const {
  if (size_ == 0) return kNone;
  for (uint32_t i = home(tag); slots_[i].position_plus_one != 0; i = next(i)) {
    if (slots_[i].tag != tag) continue;
    const uint32_t position = slots_[i].position_plus_one - 1;
    if (matches(position)) return position;
  }
  return kNone;
}

}  // namespace dotring::cache
