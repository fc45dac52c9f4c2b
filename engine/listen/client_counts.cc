#include "engine/listen/client_counts.h"

#include <algorithm>
#include <cassert>

namespace dotring::listen {
namespace {

IpAddress client_of(IpAddress address) {
  if (!address.is_ipv4()) std::fill(address.octets.begin() + 8, address.octets.end(), uint8_t{0});
  return address;
}

}  // namespace

bool ClientCounts::enter(const IpAddress& address) {
  if (per_client_max_ == 0) return false;
  uint32_t& count = counts_[client_of(address)];
  if (count == per_client_max_) return false;
  ++count;
  return true;
}

void ClientCounts::leave(const IpAddress& address) {
  const auto found = counts_.find(client_of(address));
  assert(found != counts_.end());
  if (--found->second == 0) counts_.erase(found);
}

}  // namespace dotring::listen
