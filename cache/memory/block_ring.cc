#include "cache/memory/block_ring.h"

#include <algorithm>

namespace dotring::cache {

bool BlockRing::fits(uint32_t units) const {
  if (used_ == 0) return units <= capacity_;
  if (used_ == capacity_) return false;
  if (head_ > tail_) return units <= capacity_ - head_ || units <= tail_;
  return units <= tail_ - head_;
}

uint32_t BlockRing::push(uint32_t units) {
  assert(units > 0 && units <= UINT16_MAX && fits(units));
  if (used_ == 0) tail_ = head_ = hand_ = 0;
  if (capacity_ - head_ < units) fill_end();
  const uint32_t at = head_;
  block(at).units = static_cast<uint16_t>(units);
  block(at).dead = false;
  used_ += units;
  touched_ = std::max(touched_, at + units);
  head_ = at + units == capacity_ ? 0 : at + units;
  return first_ + at;
}

// The rest may be longer than what a block can measure.
void BlockRing::fill_end() {
  while (head_ != 0) {
    const uint32_t units = std::min<uint32_t>(capacity_ - head_, UINT16_MAX);
    write_dead(head_, units);
    used_ += units;
    head_ = head_ + units == capacity_ ? 0 : head_ + units;
  }
  touched_ = capacity_;
}

void BlockRing::write_dead(uint32_t offset, uint32_t units) {
  block(offset).units = static_cast<uint16_t>(units);
  block(offset).dead = true;
  dead_ += units;
}

void BlockRing::pop_oldest() {
  assert(used_ > 0);
  const Entry& oldest = block(tail_);
  const uint32_t next = behind(tail_);
  if (oldest.dead) dead_ -= oldest.units;
  used_ -= oldest.units;
  if (hand_ == tail_) hand_ = next;
  tail_ = next;
}

// What the tail gives up is at least as long as the block, and lies behind the place it goes to:
// where the two overlap, memmove copies towards lower addresses.
uint32_t BlockRing::turn_oldest() {
  const uint32_t from = tail_;
  const Entry head_of_block = block(from);
  assert(!head_of_block.dead);
  pop_oldest();
  assert(fits(head_of_block.units));
  const uint8_t* source = arena_ + kUnit * (size_t{first_} + from);
  if (used_ == 0) tail_ = head_ = hand_ = 0;
  if (capacity_ - head_ < head_of_block.units) fill_end();
  std::memmove(&block(head_), source, kUnit * head_of_block.units);
  return push(head_of_block.units);
}

void BlockRing::mark_dead(uint32_t position) {
  Entry& entry = block(position - first_);
  assert(owns(position) && !entry.dead);
  entry.dead = true;
  dead_ += entry.units;
}

void BlockRing::shrink(uint32_t position, uint32_t units) {
  const uint32_t offset = position - first_;
  Entry& entry = block(offset);
  assert(owns(position) && !entry.dead && units > 0 && units <= entry.units);
  const uint32_t rest = entry.units - units;
  entry.units = static_cast<uint16_t>(units);
  if (rest > 0) write_dead(offset + units, rest);
}

uint32_t BlockRing::next_under_hand() {
  assert(used_ > 0);
  const uint32_t at = hand_;
  hand_ = behind(at);
  if (hand_ == head_) hand_ = tail_;
  return first_ + at;
}

}  // namespace dotring::cache
