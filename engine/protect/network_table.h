// From an address to the value of the longest network that holds it, for many networks.
//
// The networks are cut once, at construction, into ranges that do not overlap; a look-up is a
// binary search without branches over the ranges' first addresses. IPv4 has an index by its first
// 12 bits in front of that, so that there mostly one or two ranges are left to search.
//
// Measured for 10,000 networks: bench/micro, BM_NetworkTable.
//
// Invariant: starts are ascending, the first one is 0, neighbours have different values. Memory: at
// most 2 * networks + 1 ranges of 5 (IPv4) or 17 octets (IPv6), and 8 KiB of index.

#pragma once

#include <span>
#include <vector>

#include "engine/protect/network.h"

namespace dotring::protect {

class NetworkTable {
 public:
  struct Entry {
    Network network;
    uint8_t value;
  };
  /// A table can hold no more (its index has 16 bits).
  static constexpr size_t kNetworksMax = 30'000;

  /// `otherwise` is the value of addresses in no network. Of equal networks the one that is last
  /// counts. At most kNetworksMax entries.
  NetworkTable(std::span<const Entry> entries, uint8_t otherwise);

  uint8_t find(const IpAddress& address) const;
  /// Every address has this value; nothing when they differ.
  std::optional<uint8_t> only_value() const;
  size_t ranges() const { return starts4_.size() + starts6_.size(); }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr int kIndexShift = 32 - 12;

  static Wide load(const IpAddress& address);
  void index_ipv4();

  std::vector<uint32_t> starts4_;
  std::vector<uint8_t> values4_;
  /// For each first 12 bits the last range that starts at or before them.
  std::vector<uint16_t> index4_;
  std::vector<Wide> starts6_;
  std::vector<uint8_t> values6_;
};

}  // namespace dotring::protect
