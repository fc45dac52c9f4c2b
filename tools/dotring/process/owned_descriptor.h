// A descriptor that is closed by whoever has it last.

#pragma once

#include <unistd.h>

#include <utility>

namespace dotring::appliance {

class OwnedDescriptor {
 public:
  /// Takes `descriptor` over; -1: none.
  explicit OwnedDescriptor(int descriptor) : descriptor_(descriptor) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : descriptor_(other.release()) {}
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  int get() const { return descriptor_; }
  /// It is the caller's from now on.
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

}  // namespace dotring::appliance
