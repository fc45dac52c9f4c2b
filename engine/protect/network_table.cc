#include "engine/protect/network_table.h"

#include <algorithm>
#include <cassert>

namespace dotring::protect {
namespace {

/// A network as numbers, relative to its family.
template <typename Number>
struct Range {
  Number first;
  Number last;
  uint8_t value;
};

/// Ranges in the order in which they begin, the wider one first: what comes later is inside of what
/// came before it, or behind it.
template <typename Number>
class Cutter {
 public:
  Cutter(std::vector<Number>& starts, std::vector<uint8_t>& values, uint8_t otherwise)
      : starts_(starts), values_(values), otherwise_(otherwise) {}

  void cut(std::vector<Range<Number>>& ranges) {
    std::stable_sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.last > b.last;
    });
    begin(0, otherwise_);
    for (const Range<Number>& range : ranges) {
      while (!open_.empty() && open_.back().last < range.first) close();
      begin(range.first, range.value);
      open_.push_back(range);
    }
    while (!open_.empty()) close();
  }

 private:
  void close() {
    const Number last = open_.back().last;
    open_.pop_back();
    if (last != static_cast<Number>(~Number{0})) {
      begin(last + 1, open_.empty() ? otherwise_ : open_.back().value);
    }
  }

  // A later range may begin where one has begun: then that one is empty.
  void begin(Number start, uint8_t value) {
    if (!starts_.empty() && starts_.back() == start) {
      starts_.pop_back();
      values_.pop_back();
    }
    if (!values_.empty() && values_.back() == value) return;
    starts_.push_back(start);
    values_.push_back(value);
  }

  std::vector<Number>& starts_;
  std::vector<uint8_t>& values_;
  const uint8_t otherwise_;
  std::vector<Range<Number>> open_;
};

/// The last of `count` ascending starts that is not above `key`; the first one is not.
template <typename Number>
size_t last_not_above(const Number* starts, size_t count, Number key) {
  const Number* base = starts;
  while (count > 1) {
    const size_t half = count / 2;
    base += base[half] <= key ? half : 0;
    count -= half;
  }
  return static_cast<size_t>(base - starts);
}

uint32_t ipv4_number(const IpAddress& address) {
  return load_be32(address.octets.data() + 12);
}

}  // namespace

NetworkTable::Wide NetworkTable::load(const IpAddress& address) {
  const uint8_t* at = address.octets.data();
  const uint64_t high = uint64_t{load_be32(at)} << 32 | load_be32(at + 4);
  return Wide{high} << 64 | uint64_t{load_be32(at + 8)} << 32 | load_be32(at + 12);
}

NetworkTable::NetworkTable(std::span<const Entry> entries, uint8_t otherwise) {
  assert(entries.size() <= kNetworksMax);
  std::vector<Range<uint32_t>> ranges4;
  std::vector<Range<Wide>> ranges6;
  for (const Entry& entry : entries) {
    if (entry.network.is_ipv4()) {
      const uint32_t first = ipv4_number(entry.network.address);
      const uint64_t size = uint64_t{1} << (128 - entry.network.bits);
      ranges4.push_back({first, static_cast<uint32_t>(first + (size - 1)), entry.value});
    } else {
      const Wide first = load(entry.network.address);
      const Wide rest =
          entry.network.bits == 0 ? ~Wide{0} : (Wide{1} << (128 - entry.network.bits)) - 1;
      ranges6.push_back({first, first | rest, entry.value});
    }
  }
  Cutter<uint32_t>(starts4_, values4_, otherwise).cut(ranges4);
  Cutter<Wide>(starts6_, values6_, otherwise).cut(ranges6);
  index_ipv4();
}

void NetworkTable::index_ipv4() {
  constexpr size_t kPlaces = size_t{1} << (32 - kIndexShift);
  index4_.resize(kPlaces + 1);
  for (size_t i = 0; i < kPlaces; ++i) {
    const auto key = static_cast<uint32_t>(i << kIndexShift);
    index4_[i] = static_cast<uint16_t>(last_not_above(starts4_.data(), starts4_.size(), key));
  }
  index4_[kPlaces] = static_cast<uint16_t>(starts4_.size() - 1);
}

uint8_t NetworkTable::find(const IpAddress& address) const {
  if (!address.is_ipv4()) {
    return values6_[last_not_above(starts6_.data(), starts6_.size(), load(address))];
  }
  const uint32_t key = ipv4_number(address);
  const size_t from = index4_[key >> kIndexShift];
  const size_t count = index4_[(key >> kIndexShift) + 1] - from + 1;
  return values4_[from + last_not_above(starts4_.data() + from, count, key)];
}

std::optional<uint8_t> NetworkTable::only_value() const {
  if (starts4_.size() != 1 || starts6_.size() != 1 || values4_[0] != values6_[0]) {
    return std::nullopt;
  }
  return values4_[0];
}

}  // namespace dotring::protect
