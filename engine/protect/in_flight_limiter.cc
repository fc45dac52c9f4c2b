#include "engine/protect/in_flight_limiter.h"

#include <algorithm>

namespace dotring::protect {

InFlightLimiter::InFlightLimiter(const Options& options, const ClientNetworks::Options& clients,
                                 const HashKey& key)
    : max_(options.client_in_flight_max),
      clients_(clients, key),
      rows_(std::make_unique<std::array<Row, kRows>>()) {}

InFlightLimiter::Counters InFlightLimiter::counters_of(const IpAddress& client) const {
  const uint64_t hashed = clients_.hash(client, 0);
  constexpr uint64_t kMask = kCountersOfRow - 1;
  return {&(*rows_)[0][hashed & kMask], &(*rows_)[1][(hashed >> 32) & kMask]};
}

// Counted first and looked at afterwards, so that two workers cannot both take the last place.
// Looked at before too: else whoever asks in vain would now and then cost the same client, on
// another worker, a place that is free.
bool InFlightLimiter::enter(const IpAddress& client) {
  if (clients_.exempt(client)) return true;
  const Counters counters = counters_of(client);
  const auto full = [this](const std::atomic<uint32_t>* one) {
    return one->load(std::memory_order_relaxed) >= max_;
  };
  if (std::all_of(counters.begin(), counters.end(), full)) return false;
  uint32_t before = UINT32_MAX;
  for (std::atomic<uint32_t>* one : counters) {
    before = std::min(before, one->fetch_add(1, std::memory_order_relaxed));
  }
  if (before < max_) return true;
  for (std::atomic<uint32_t>* one : counters) one->fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void InFlightLimiter::leave(const IpAddress& client) {
  if (clients_.exempt(client)) return;
  for (std::atomic<uint32_t>* one : counters_of(client)) {
    one->fetch_sub(1, std::memory_order_relaxed);
  }
}

uint64_t InFlightLimiter::memory_max(const Options& options) {
  return options.client_in_flight_max > 0 ? sizeof(Row) * kRows : 0;
}

}  // namespace dotring::protect
