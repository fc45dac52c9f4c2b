#include "tools/dotring/audit/doorbell.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace dotring::appliance {

Doorbell::Doorbell() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Doorbell::~Doorbell() {
  if (descriptor_ >= 0) close(descriptor_);
}

void Doorbell::wake() {
  if (asleep_.exchange(false)) eventfd_write(descriptor_, 1);
}

void Doorbell::get_up() {
  asleep_.store(false, std::memory_order_relaxed);
  eventfd_t rings = 0;
  eventfd_read(descriptor_, &rings);
}

}  // namespace dotring::appliance
