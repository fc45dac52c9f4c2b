#include "engine/base/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace dotring {
namespace {

constexpr uint64_t level_shift(int level, int slot_bits) {
  return static_cast<uint64_t>(level) * static_cast<uint64_t>(slot_bits);
}

/// Each wake-up of an idle thread costs more than a look at a few timers; many are not looked at.
constexpr int kLookedAt = 4;

uint64_t due_or_begin(uint64_t begin_ms, List<Timer>& timers) {
  uint64_t due_ms = UINT64_MAX;
  int looked_at = 0;
  for (Timer* timer = timers.front(); timer; timer = timers.after(*timer)) {
    if (++looked_at > kLookedAt) return begin_ms;
    due_ms = std::min(due_ms, timer->due_ms());
  }
  return due_ms;
}

}  // namespace

void TimerWheel::arm(Timer& timer, uint64_t due_ms) {
  timer.unlink();
  timer.due_ms_ = std::max(due_ms, now_ms_ + 1);
  place(timer);
}

// A timer belongs to the finest level whose span reaches it. Slots are chosen by the bits of the
// due time itself, so a slot of level n is due when the lower bits of the clock are all zero.
void TimerWheel::place(Timer& timer) {
  const uint64_t horizon = (uint64_t{1} << level_shift(kLevels, kSlotBits)) - 1;
  const uint64_t due = std::min(timer.due_ms_, now_ms_ + horizon);
  int level = 0;
  while (level < kLevels - 1 &&
         (due >> level_shift(level, kSlotBits)) - (now_ms_ >> level_shift(level, kSlotBits)) >=
             kSlots) {
    ++level;
  }
  const uint64_t slot = (due >> level_shift(level, kSlotBits)) & (kSlots - 1);
  slots_[static_cast<size_t>(level)][slot].push_back(timer);
  maybe_occupied_[static_cast<size_t>(level)] |= uint64_t{1} << slot;
}

// Called when the clock reaches the start of a slot of a coarser level: its timers move down.
void TimerWheel::cascade() {
  for (int level = 1; level < kLevels; ++level) {
    const uint64_t shift = level_shift(level, kSlotBits);
    if (now_ms_ & ((uint64_t{1} << shift) - 1)) return;
    List<Timer> moving;
    moving.splice_back(slots_[static_cast<size_t>(level)][(now_ms_ >> shift) & (kSlots - 1)]);
    while (Timer* timer = moving.pop_front()) place(*timer);
  }
}

void TimerWheel::run_due(List<Timer>& due) {
  while (Timer* timer = due.pop_front()) timer->function_(timer->owner_);
}

void TimerWheel::advance(uint64_t now_ms) {
  while (now_ms_ < now_ms) {
    // Jump over ticks at which nothing is due and nothing moves.
    now_ms_ = std::min(now_ms, next_event_ms());
    cascade();
    List<Timer> due;
    due.splice_back(slots_[0][now_ms_ & (kSlots - 1)]);
    run_due(due);
  }
}

// How many slots after `position` the next one with timers is, at most kSlots; 0: there is none.
uint64_t TimerWheel::slots_ahead(size_t level, uint64_t position) {
  const int first = static_cast<int>((position + 1) & (kSlots - 1));
  uint64_t& occupied = maybe_occupied_[level];
  while (occupied != 0) {
    const auto skipped = static_cast<uint64_t>(std::countr_zero(std::rotr(occupied, first)));
    const uint64_t slot = (position + 1 + skipped) & (kSlots - 1);
    if (!slots_[level][slot].empty()) return skipped + 1;
    occupied &= ~(uint64_t{1} << slot);
  }
  return 0;
}

// Of the next slot with timers in each level: due_of(its beginning, its timers).
template <typename DueOf>
uint64_t TimerWheel::earliest(DueOf due_of) {
  uint64_t next = UINT64_MAX;
  for (size_t level = 0; level < kLevels; ++level) {
    const uint64_t shift = level_shift(static_cast<int>(level), kSlotBits);
    const uint64_t position = now_ms_ >> shift;
    const uint64_t ahead = slots_ahead(level, position);
    if (ahead == 0) continue;
    const uint64_t slot = position + ahead;
    next = std::min(next, due_of(slot << shift, slots_[level][slot & (kSlots - 1)]));
  }
  return next;
}

// The next tick with a timer in the finest level, or the next cascade of a slot that holds timers.
uint64_t TimerWheel::next_event_ms() {
  return earliest([](uint64_t begin_ms, List<Timer>&) { return begin_ms; });
}

// advance() makes up for the cascades that were slept through.
uint64_t TimerWheel::until_next_ms(uint64_t limit_ms) {
  const uint64_t next = earliest(due_or_begin);
  return std::min(limit_ms, next - now_ms_);
}

}  // namespace dotring
