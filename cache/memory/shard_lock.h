// A lock that is held for a copy: whoever finds it taken looks again for a moment before sleeping.
//
// Sleeping in the kernel costs a hundred times what the holder needs to finish.

#pragma once

#include <mutex>

namespace dotring::cache {

class ShardLock {
 public:
  void lock() {
    for (int i = 0; i < kLooksMax; ++i) {
      if (mutex_.try_lock()) return;
      pause();
    }
    mutex_.lock();
  }
  void unlock() { mutex_.unlock(); }

 private:
  static constexpr int kLooksMax = 32;

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::mutex mutex_;
};

}  // namespace dotring::cache
