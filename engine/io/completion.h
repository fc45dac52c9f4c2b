// A completion: where the kernel's answer to one operation goes.
//
// It belongs to the caller and lives inside what it serves, so starting an operation allocates
// nothing. The address of the Completion is the operation's user data in the ring.
//
// Contract: whoever owns a Completion keeps it (and every buffer the operation uses) alive until
// the operation's last completion has run: the first without IORING_CQE_F_MORE. That holds for
// cancelled operations too.

#pragma once

#include <cstdint>

namespace dotring::io {

class Completion {
 public:
  /// `completion.bind<&TcpStream::on_sent>(this)`: the method that takes the result.
  /// `result` is what the system call would return: negative is -errno. `flags` are the CQE's.
  template <auto kMethod, typename Owner>
  void bind(Owner* owner) {
    owner_ = owner;
    run_ = [](void* self, int32_t result, uint32_t flags) {
      (static_cast<Owner*>(self)->*kMethod)(result, flags);
    };
  }

  /// True from submission until the last completion has run. Kept by Ring.
  bool pending() const { return pending_; }

 private:
  friend class Ring;
  using Run = void (*)(void* owner, int32_t result, uint32_t flags);
  Run run_ = nullptr;
  void* owner_ = nullptr;
  bool pending_ = false;
};

}  // namespace dotring::io
