#include "cache/memory/slot_index.h"

#include <algorithm>

namespace dotring::cache {

namespace {
constexpr uint32_t kSlotsAtFirst = 64;
}

void SlotIndex::insert(uint32_t tag, uint32_t position) {
  assert(size_ < size_max());
  if (size_ >= load_max(capacity_)) grow();
  place({tag, position + 1});
  ++size_;
}

void SlotIndex::place(Slot slot) {
  uint32_t i = home(slot.tag);
  while (slots_[i].position_plus_one != 0) i = next(i);
  slots_[i] = slot;
}

// Homes are in the order of the tags, before and after: the old slots are read and the new ones
// written from start to end.
void SlotIndex::grow() {
  const uint32_t old_capacity = capacity_;
  const std::unique_ptr<Slot[]> old_slots = std::move(slots_);
  capacity_ = std::min(std::max(2 * old_capacity, kSlotsAtFirst), slots_max_);
  slots_ = std::make_unique<Slot[]>(capacity_);
  for (uint32_t i = 0; i < old_capacity; ++i) {
    if (old_slots[i].position_plus_one != 0) place(old_slots[i]);
  }
  take_hint();
}

void SlotIndex::take_hint() {
  hint_start_.store(reinterpret_cast<uintptr_t>(slots_.get()), std::memory_order_relaxed);
  hint_capacity_.store(capacity_, std::memory_order_relaxed);
}

uint32_t SlotIndex::slot_of(uint32_t tag, uint32_t position) const {
  uint32_t i = home(tag);
  while (slots_[i].position_plus_one != position + 1) {
    assert(slots_[i].position_plus_one != 0);
    i = next(i);
  }
  return i;
}

void SlotIndex::move(uint32_t tag, uint32_t from, uint32_t to) {
  slots_[slot_of(tag, from)].position_plus_one = to + 1;
}

// Slots behind the gap move up, unless that would put them before their home (Knuth, 6.4, algorithm
// R).
void SlotIndex::erase(uint32_t tag, uint32_t position) {
  uint32_t gap = slot_of(tag, position);
  for (uint32_t i = next(gap); slots_[i].position_plus_one != 0; i = next(i)) {
    const uint32_t ideal = home(slots_[i].tag);
    const bool ideal_after_gap =
        gap <= i ? (gap < ideal && ideal <= i) : (gap < ideal || ideal <= i);
    if (ideal_after_gap) continue;
    slots_[gap] = slots_[i];
    gap = i;
  }
  slots_[gap] = {};
  --size_;
}

void SlotIndex::clear() {
  slots_.reset();
  capacity_ = size_ = 0;
  take_hint();
}

}  // namespace dotring::cache
