// The most frequent of a stream of keys, in bounded memory: space-saving.
//
// Source: Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in
// data streams". Each key that is counted has a place; a new key takes the place of the least
// frequent one, and its count, which is remembered as what may be too much. So a key with more than
// 1/capacity of all that was added is always there, however many others come by.
//
// Invariants: places in use <= capacity; each count is at least the true one, and count - excess at
// most; the heap has the least count first.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/keyed_hash.h"

namespace dotring::appliance {

class HeavyHitters {
 public:
  struct Entry {
    std::string key;
    uint64_t count = 0;
    uint64_t excess = 0;  ///< how much of the count may be others'
  };

  /// `key`: a secret, because clients choose what is hashed.
  HeavyHitters(uint32_t capacity, size_t key_size_max, const HashKey& key);

  /// At most key_size_max octets; not empty.
  void add(Bytes key);
  /// Everything counts half of what it did: what is over fades away.
  void halve();

  /// All that has a place, in no order.
  std::vector<Entry> entries() const;

  /// Memory taken, in octets.
  static size_t memory_max(uint32_t capacity, size_t key_size_max);

 private:
  struct Place {
    uint64_t count = 0;
    uint64_t excess = 0;
    uint64_t hash = 0;
    uint32_t heap_index = 0;
    uint8_t key_size = 0;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  Bytes key_of(uint32_t place) const;
  void set_key(uint32_t place, Bytes key, uint64_t hash);
  /// Where in the table the key's place is noted, or would be.
  size_t find(Bytes key, uint64_t hash) const;
  void erase(size_t slot);
  size_t next(size_t slot) const { return (slot + 1) & (table_.size() - 1); }
  size_t home(uint64_t hash) const { return hash & (table_.size() - 1); }
  uint32_t take_place(Bytes key, uint64_t hash);
  void sink(uint32_t heap_index);
  void put(uint32_t heap_index, uint32_t place);

  const uint32_t capacity_;
  const size_t key_size_max_;
  const HashKey hash_key_;
  std::vector<Place> places_;
  std::vector<uint8_t> keys_;
  std::vector<uint32_t> table_;  ///< places by hash, with linear probing; kNone: free
  std::vector<uint32_t> heap_;   ///< places by count
};

}  // namespace dotring::appliance
