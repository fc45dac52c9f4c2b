#include "tools/dotring/control/heavy_hitters.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace dotring::appliance {
namespace {

/// Half full at the most, so that probing is short.
size_t table_size(uint32_t capacity) {
  return std::bit_ceil(size_t{capacity} * 2);
}

}  // namespace

HeavyHitters::HeavyHitters(uint32_t capacity, size_t key_size_max, const HashKey& key)
    : capacity_(capacity),
      key_size_max_(key_size_max),
      hash_key_(key),
      keys_(capacity * key_size_max),
      table_(table_size(capacity), kNone) {
  assert(capacity > 0 && key_size_max <= UINT8_MAX);
  places_.reserve(capacity);
  heap_.reserve(capacity);
}

size_t HeavyHitters::memory_max(uint32_t capacity, size_t key_size_max) {
  return capacity * (sizeof(Place) + key_size_max + sizeof(uint32_t)) +
         table_size(capacity) * sizeof(uint32_t);
}

void HeavyHitters::add(Bytes key) {
  assert(!key.empty() && key.size() <= key_size_max_);
  const uint64_t hash = siphash13(hash_key_, key);
  const uint32_t known = table_[find(key, hash)];
  const uint32_t place = known != kNone ? known : take_place(key, hash);
  ++places_[place].count;
  sink(places_[place].heap_index);
}

// Everything keeps its order, so the heap is one as before.
void HeavyHitters::halve() {
  for (Place& place : places_) {
    place.count /= 2;
    place.excess /= 2;
  }
}

std::vector<HeavyHitters::Entry> HeavyHitters::entries() const {
  std::vector<Entry> entries;
  entries.reserve(places_.size());
  for (uint32_t i = 0; i < places_.size(); ++i) {
    const Bytes key = key_of(i);
    entries.push_back({{key.begin(), key.end()}, places_[i].count, places_[i].excess});
  }
  return entries;
}

Bytes HeavyHitters::key_of(uint32_t place) const {
  return {keys_.data() + place * key_size_max_, places_[place].key_size};
}

void HeavyHitters::set_key(uint32_t place, Bytes key, uint64_t hash) {
  std::copy(key.begin(), key.end(), keys_.begin() + static_cast<ptrdiff_t>(place * key_size_max_));
  places_[place].key_size = static_cast<uint8_t>(key.size());
  places_[place].hash = hash;
  table_[find(key, hash)] = place;
}

size_t HeavyHitters::find(Bytes key, uint64_t hash) const {
  for (size_t slot = home(hash);; slot = next(slot)) {
    const uint32_t place = table_[slot];
    if (place == kNone) return slot;
    if (places_[place].hash == hash && std::ranges::equal(key_of(place), key)) return slot;
  }
}

// What follows moves up where it may, so that no search ends too early (Knuth, 6.4, algorithm R).
void HeavyHitters::erase(size_t slot) {
  table_[slot] = kNone;
  for (size_t i = next(slot); table_[i] != kNone; i = next(i)) {
    const size_t wanted = home(places_[table_[i]].hash);
    const size_t mask = table_.size() - 1;
    const bool stays = ((i - wanted) & mask) < ((i - slot) & mask);
    if (stays) continue;
    table_[slot] = std::exchange(table_[i], kNone);
    slot = i;
  }
}

/// A free place, or that of the least frequent key.
uint32_t HeavyHitters::take_place(Bytes key, uint64_t hash) {
  if (places_.size() < capacity_) {
    const auto place = static_cast<uint32_t>(places_.size());
    places_.emplace_back();
    heap_.push_back(place);
    // Its count is 0, so it belongs to the front: what was there goes to the end and sinks nowhere.
    const auto last = static_cast<uint32_t>(heap_.size() - 1);
    for (uint32_t at = last; at > 0; at = (at - 1) / 2) put(at, heap_[(at - 1) / 2]);
    put(0, place);
    set_key(place, key, hash);
    return place;
  }
  const uint32_t place = heap_[0];
  erase(find(key_of(place), places_[place].hash));
  places_[place].excess = places_[place].count;
  set_key(place, key, hash);
  return place;
}

void HeavyHitters::put(uint32_t heap_index, uint32_t place) {
  heap_[heap_index] = place;
  places_[place].heap_index = heap_index;
}

/// Away from the front, after its count has grown.
void HeavyHitters::sink(uint32_t at) {
  const uint32_t place = heap_[at];
  const auto size = static_cast<uint32_t>(heap_.size());
  const auto count = [this](uint32_t index) { return places_[heap_[index]].count; };
  for (;;) {
    uint32_t least = 2 * at + 1;
    if (least >= size) break;
    if (least + 1 < size && count(least + 1) < count(least)) ++least;
    if (count(least) >= places_[place].count) break;
    put(at, heap_[least]);
    at = least;
  }
  put(at, place);
}

}  // namespace dotring::appliance
