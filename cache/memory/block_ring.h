// A queue of blocks of different sizes in one run of memory: pushed at the head, popped at the
// tail.
//
// The order of the queue is the order of the addresses, so there are no links, no allocator and no
// holes: whatever dies in the middle (marked dead) is taken back when the tail comes by. A block
// never wraps round the end: the rest of the run becomes a dead block.
//
// What it is not: thread safe, or aware of what is in the blocks apart from Entry::units and
// Entry::dead.
//
// Invariant: the blocks from tail to head, dead ones included, are units_used() long; units_dead()
// <= units_used()
// <= capacity. Positions are in units from the start of the shard's arena.

#pragma once

#include <cassert>

#include "cache/memory/entry.h"

namespace dotring::cache {

class BlockRing {
 public:
  BlockRing() = default;
  /// The units [first, first + capacity) of `arena` (aligned to kUnit).
  BlockRing(uint8_t* arena, uint32_t first, uint32_t capacity)
      : arena_(arena), first_(first), capacity_(capacity) {}

  bool empty() const { return used_ == 0; }
  bool owns(uint32_t position) const { return position - first_ < capacity_; }
  uint32_t capacity() const { return capacity_; }
  uint32_t units_used() const { return used_; }
  uint32_t units_dead() const { return dead_; }
  /// Units that were ever written since the start or clear(): what the kernel had to give.
  uint32_t units_touched() const { return touched_; }

  /// Whether a block of `units` can be pushed now.
  bool fits(uint32_t units) const;
  /// A new block at the head: only `units` and `dead` of it are set. fits(units) must hold.
  uint32_t push(uint32_t units);
  /// The position of the block at the tail; the ring is not empty.
  uint32_t oldest() const { return first_ + tail_; }
  void pop_oldest();
  /// Moves the block at the tail to the head, which always fits; gives its new position.
  uint32_t turn_oldest();

  void mark_dead(uint32_t position);
  /// Makes a block smaller; the rest becomes a dead block.
  void shrink(uint32_t position, uint32_t units);

  /// A hand that goes round over all blocks from tail to head, one block per call; the ring is not
  /// empty.
  uint32_t next_under_hand();
  /// The block behind `position` in the order of the queue; behind the last one: where the next
  /// will be.
  uint32_t after(uint32_t position) { return first_ + behind(position - first_); }
  void clear() { tail_ = head_ = used_ = dead_ = hand_ = touched_ = 0; }

 private:
  Entry& block(uint32_t offset) {
    return *reinterpret_cast<Entry*>(arena_ + kUnit * (size_t{first_} + offset));
  }
  uint32_t behind(uint32_t offset) {
    const uint32_t next = offset + block(offset).units;
    return next == capacity_ ? 0 : next;
  }
  void write_dead(uint32_t offset, uint32_t units);
  void fill_end();

  uint8_t* arena_ = nullptr;
  uint32_t first_ = 0;
  uint32_t capacity_ = 0;
  // Offsets from first_, always < capacity_.
  uint32_t tail_ = 0;
  uint32_t head_ = 0;
  uint32_t hand_ = 0;
  uint32_t used_ = 0;
  uint32_t dead_ = 0;
  uint32_t touched_ = 0;
};

}  // namespace dotring::cache
