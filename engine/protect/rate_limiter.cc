#include "engine/protect/rate_limiter.h"

#include <algorithm>
#include <bit>

namespace dotring::protect {
namespace {

constexpr int kTimeBits = 44;
constexpr uint64_t kTimeMask = (uint64_t{1} << kTimeBits) - 1;
constexpr uint64_t kUnitsPerUs = 16;
constexpr uint64_t kUnitsPerSecond = kUnitsPerUs * 1'000'000;

std::vector<NetworkTable::Entry> entries_of(const std::vector<Network>& networks) {
  std::vector<NetworkTable::Entry> entries;
  for (const Network& one : networks) entries.push_back({one, 1});
  return entries;
}

}  // namespace

RateLimiter::RateLimiter(const Options& options, const HashKey& key)
    : options_(options),
      key_(key),
      has_exempt_(!options.exempt.empty()),
      exempt_(entries_of(options.exempt), 0) {
  const uint64_t burst = options.burst_ms * kUnitsPerUs * 1000;
  ahead_max_ = 0;
  for (size_t i = 0; i < kProofs; ++i) {
    if (options.per_second[i] == 0) continue;
    limits_[i].step = std::max<uint64_t>(kUnitsPerSecond / options.per_second[i], 1);
    limits_[i].ahead_max = std::max(burst, limits_[i].step);
    ahead_max_ = std::max(ahead_max_, limits_[i].ahead_max);
  }
  const uint64_t lines = std::max<uint64_t>(options.table_bytes / sizeof(Line), 1);
  mask_ = std::bit_ceil(lines) - 1;
  lines_ = std::make_unique<Line[]>(mask_ + 1);
}

uint64_t RateLimiter::hash(const IpAddress& client, Proof proof) const {
  const bool ipv4 = client.is_ipv4();
  const size_t bits = ipv4 ? size_t{Network::kMappedBits} + options_.ipv4_bits : options_.ipv6_bits;
  std::array<uint8_t, 17> bytes;
  const IpAddress kept = first_bits(client, bits);
  std::memcpy(bytes.data(), kept.octets.data(), kept.octets.size());
  bytes.back() = static_cast<uint8_t>(proof);
  // The first twelve octets of IPv4 are the same for all.
  return siphash13(key_, Bytes(bytes).subspan(ipv4 ? 12 : 0));
}

// The client's own place, else the one that is nearest to full.
RateLimiter::Place RateLimiter::choose(const Line& line, uint64_t tag, uint64_t now) const {
  Place best{0, 0, UINT64_MAX, false};
  for (size_t i = 0; i < kPlaces; ++i) {
    const uint64_t value = line.places[i].load(std::memory_order_relaxed);
    uint64_t ahead = (value - now) & kTimeMask;
    if (ahead > ahead_max_) ahead = 0;
    if (value >> kTimeBits == tag) return {i, value, ahead, true};
    if (ahead < best.ahead) best = {i, value, ahead, false};
  }
  return best;
}

bool RateLimiter::take(const IpAddress& client, Proof proof, uint64_t now_us) {
  const Limit& limit = limits_[static_cast<size_t>(proof)];
  if (limit.step == 0 || exempt(client)) return true;
  const uint64_t hashed = hash(client, proof);
  const uint64_t tag = hashed >> kTimeBits;
  const uint64_t now = now_us * kUnitsPerUs & kTimeMask;
  Line& line = lines_[hashed & mask_];
  // Somebody goes forward in each round: workers that share a line wait for each other's words only.
  while (true) {
    Place place = choose(line, tag, now);
    const uint64_t ahead = (place.own ? place.ahead : 0) + limit.step;
    if (ahead > limit.ahead_max) return false;
    const uint64_t next = tag << kTimeBits | ((now + ahead) & kTimeMask);
    if (line.places[place.index].compare_exchange_weak(place.value, next,
                                                       std::memory_order_relaxed)) {
      return true;
    }
  }
}

}  // namespace dotring::protect
