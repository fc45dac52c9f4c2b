#include "engine/listen/session_limits.h"

#include <algorithm>
#include <cassert>

namespace dotring::listen {
namespace {

IpAddress client_of(IpAddress address) {
  if (!address.is_ipv4()) std::fill(address.octets.begin() + 8, address.octets.end(), uint8_t{0});
  return address;
}

}  // namespace

SessionLimits::Entry SessionLimits::enter(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  if (sessions_ == options_.connections_max) return Entry::Full;
  if (options_.client_connections_max == 0) return Entry::ClientFull;
  uint32_t& count = counts_[client_of(address)];
  if (count == options_.client_connections_max) return Entry::ClientFull;
  ++count;
  ++sessions_;
  return Entry::Entered;
}

void SessionLimits::leave(const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(client_of(address));
  assert(found != counts_.end() && sessions_ > 0);
  --sessions_;
  if (--found->second == 0) counts_.erase(found);
}

size_t SessionLimits::sessions() const {
  const std::lock_guard lock(mutex_);
  return sessions_;
}

size_t SessionLimits::clients() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

bool SessionLimits::borrow(size_t bytes, size_t held) {
  size_t lent = bytes_lent();
  do {
    const size_t free = options_.memory_max - lent;
    if (bytes > free || held + bytes > free / kShareOfFree) return false;
  } while (!lent_.compare_exchange_weak(lent, lent + bytes, std::memory_order_relaxed));
  return true;
}

size_t SessionLimits::memory_max(const Options& options) {
  constexpr size_t kClientBytes = 128;  // a node of the table, its place, and the allocator's part
  return options.memory_max + options.connections_max * (kSessionBytes + kClientBytes);
}

}  // namespace dotring::listen
