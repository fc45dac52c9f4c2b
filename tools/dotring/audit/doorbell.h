// Wakes a thread that sleeps in poll(), at the price of a fence when it is awake.
//
// Invariant: who rings after adding work is either seen by the sleeper's last look for work, or its
// ring ends the sleep.

#pragma once

#include <atomic>

namespace dotring::appliance {

class Doorbell {
 public:
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// From any thread, after the work was made visible. One system call if somebody sleeps.
  void ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_relaxed)) [[unlikely]]
      wake();
  }

  /// The sleeper's: before its last look for work.
  void lie_down() { asleep_.store(true, std::memory_order_seq_cst); }
  /// And after poll() on descriptor(), for POLLIN, or where there was work after all.
  void get_up();
  int descriptor() const { return descriptor_; }

 private:
  void wake();

  const int descriptor_;
  std::atomic<bool> asleep_{false};
};

}  // namespace dotring::appliance
