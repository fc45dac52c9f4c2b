// A hierarchical timer wheel that reads no clock: whoever owns it says what time it is.
//
// Four levels of 64 slots with a tick of one millisecond: timers up to 2^24 ms (4.6 hours) ahead
// are placed exactly, later ones are parked in the last level and placed again when it comes round.
// Arming, moving and cancelling are O(1) and never allocate: the links live in the Timer.
//
// Invariant: a timer never fires before its due time, and fires in the first advance() at or after
// it.

#pragma once

#include <array>
#include <cstdint>

#include "engine/base/list.h"

namespace dotring {

class TimerWheel;

/// A point in time at which something happens. Lives inside what it serves; destroying it cancels
/// it.
class Timer : public ListNode<> {
 public:
  using Function = void (*)(void* owner);

  /// `timer.bind<&Session::on_idle>(this)`: the method to call when the timer is due.
  template <auto kMethod, typename Owner>
  void bind(Owner* owner) {
    owner_ = owner;
    function_ = [](void* self) { (static_cast<Owner*>(self)->*kMethod)(); };
  }

  bool armed() const { return linked(); }
  uint64_t due_ms() const { return due_ms_; }
  void cancel() { unlink(); }

 private:
  friend class TimerWheel;
  uint64_t due_ms_ = 0;
  Function function_ = nullptr;
  void* owner_ = nullptr;
};

class TimerWheel {
 public:
  explicit TimerWheel(uint64_t now_ms) : now_ms_(now_ms) {}

  /// Fires at `due_ms` (at the next tick if that has passed). An armed timer is moved.
  void arm(Timer& timer, uint64_t due_ms);

  /// Runs every timer due at or before `now_ms`. Timers may arm and cancel any timer while they
  /// run.
  void advance(uint64_t now_ms);

  /// Milliseconds from now() until the wheel must be advanced again, at most `limit_ms`: the exact
  /// due time when it is near or few timers are about as far away, else the time at which they move
  /// to a finer level.
  uint64_t until_next_ms(uint64_t limit_ms);

  /// Of the last advance(): what is counted from here on would be due too early.
  uint64_t now_ms() const { return now_ms_; }

 private:
  static constexpr int kLevels = 4;
  static constexpr int kSlotBits = 6;
  static constexpr uint64_t kSlots = uint64_t{1} << kSlotBits;

  void place(Timer& timer);
  void cascade();
  void run_due(List<Timer>& due);
  uint64_t next_event_ms();
  template <typename DueOf>
  uint64_t earliest(DueOf due_of);
  uint64_t slots_ahead(size_t level, uint64_t position);

  uint64_t now_ms_;
  /// A bit per slot that may hold timers. Timers leave without telling, so a bit can outlast them;
  /// it is cleared when it is looked at.
  std::array<uint64_t, kLevels> maybe_occupied_{};
  std::array<std::array<List<Timer>, kSlots>, kLevels> slots_;
};

}  // namespace dotring
