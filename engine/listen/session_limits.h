// What the sessions of all listeners may take together: places, and memory for what has not been
// read or written yet. One per process, shared by its workers.
//
// A client is an IPv4 address or an IPv6 /64, because whoever has one IPv6 address has the 2^64
// around it. Memory is lent by a rule that switches use for their buffers: a session may hold at
// most a part of what is still free. So a few slow readers can take much, many of them little each,
// and something is always left for those who come.
//
// Invariants: sessions() <= connections_max, per client <= client_connections_max, and bytes_lent()
// <= memory_max.

#pragma once

#include <atomic>
#include <mutex>
#include <unordered_map>

#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"

namespace dotring::listen {

class SessionLimits {
 public:
  struct Options {
    uint32_t connections_max = 1024;        ///< above: closed when accepted
    uint32_t client_connections_max = 256;  ///< per IPv4 address or IPv6 /64
    /// Lent to sessions beyond what each has of its own (kSessionBytes).
    size_t memory_max = size_t{64} << 20;
  };
  enum class Entry : uint8_t { Entered, Full, ClientFull };

  /// What each session may hold without borrowing.
  static constexpr size_t kSessionBytes = 16 << 10;

  /// The key keeps clients from choosing addresses that collide.
  SessionLimits(const Options& options, const HashKey& key)
      : options_(options), counts_(0, Hash{key}) {}

  // All functions may be called from any thread.

  Entry enter(const IpAddress& address);
  /// Follows each enter() that gave Entered.
  void leave(const IpAddress& address);
  size_t sessions() const;
  size_t clients() const;

  /// `bytes` more for a session that holds `held`; false when that would be more than its share.
  bool borrow(size_t bytes, size_t held);
  void give_back(size_t bytes) { lent_.fetch_sub(bytes, std::memory_order_relaxed); }
  /// What one session may hold of the memory that is lent, as things are now.
  size_t share() const { return (options_.memory_max - bytes_lent()) / kShareOfFree; }
  size_t bytes_lent() const { return lent_.load(std::memory_order_relaxed); }

  const Options& options() const { return options_; }
  /// Octets taken at most, for the sum printed at start.
  static size_t memory_max(const Options& options);

 private:
  static constexpr size_t kShareOfFree = 4;

  struct Hash {
    HashKey key;
    size_t operator()(const IpAddress& address) const { return siphash13(key, address.octets); }
  };

  const Options options_;
  mutable std::mutex mutex_;  ///< of what follows; taken twice in a session's life
  size_t sessions_ = 0;
  std::unordered_map<IpAddress, uint32_t, Hash> counts_;
  std::atomic<size_t> lent_{0};
};

}  // namespace dotring::listen
