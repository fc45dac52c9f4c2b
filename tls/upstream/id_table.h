// Message ids of one stream: which query each id stands for.
//
// An id is a place in the table plus random high bits, and the place is random too: finding, taking
// and giving back are O(1), nothing is allocated after construction, and with few queries in flight
// an id has 16 random bits. While an id is in flight it is not given to another query (RFC
// 7766, 6.2.1). That holds on for a query that nobody waits for any more: its answer may still come
// and must not meet a new question. Such an abandoned id stays reserved until the answer came, the
// stream closed, or a quarantine ended.
//
// Invariant: waiting() + abandoned() + free() == capacity().

#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/random.h"

namespace dotring::upstream {

/// `Query` is what waits under an id; the table keeps pointers and never looks inside.
template <typename Query>
class IdTable {
 public:
  enum class State : uint8_t { Free, Waiting, Abandoned };

  struct Found {
    State state = State::Free;
    Query* query = nullptr;  ///< set when Waiting
  };

  /// `capacity` is rounded up to a power of two, at most 2^15; 24 octets each.
  IdTable(uint32_t capacity, uint64_t quarantine_ms)
      : places_(std::bit_ceil(capacity)), free_(places_.size()), quarantine_ms_(quarantine_ms) {
    assert(capacity > 0 && capacity <= (1u << 15));
    fill_free();
  }

  void set_quarantine(uint64_t quarantine_ms) { quarantine_ms_ = quarantine_ms; }

  size_t capacity() const { return places_.size(); }
  size_t waiting() const { return waiting_; }
  size_t abandoned() const { return places_.size() - free_count_ - waiting_; }
  size_t free() const { return free_count_; }

  bool can_take(uint64_t now_ms) {
    end_quarantines(now_ms);
    return free_count_ > 0;
  }

  /// An id that is not in flight; nothing when all are taken.
  std::optional<uint16_t> take(Query& query, Random& random, uint64_t now_ms) {
    if (!can_take(now_ms)) return std::nullopt;
    const uint64_t number = random.next();
    const uint16_t place = take_free_place(static_cast<uint32_t>(number));
    places_[place].id = static_cast<uint16_t>((number >> 32 & ~mask()) | place);
    places_[place].state = State::Waiting;
    places_[place].query = &query;
    ++waiting_;
    return places_[place].id;
  }

  Found find(uint16_t id) const {
    const Place& place = places_[id & mask()];
    if (place.state == State::Free || place.id != id) return {};
    return {place.state, place.query};
  }

  /// The answer came: the id is free again. Only for an id that find() knows.
  void release(uint16_t id) {
    Place& place = known(id);
    if (place.state == State::Waiting) --waiting_;
    if (place.state == State::Abandoned) unlink(place);
    put_free(static_cast<uint16_t>(id & mask()));
  }

  /// Nobody waits any more, but the answer may still come. Only for an id whose query waits.
  void abandon(uint16_t id, uint64_t now_ms) {
    Place& place = known(id);
    assert(place.state == State::Waiting);
    --waiting_;
    place.state = State::Abandoned;
    place.query = nullptr;
    place.abandoned_ms = static_cast<uint32_t>(now_ms);
    link_newest(static_cast<uint16_t>(id & mask()));
  }

  /// The stream closed: calls `visit(Query&)` for each that waited; all ids are free afterwards.
  template <typename Visit>
  void clear(Visit&& visit) {
    for (Place& place : places_) {
      if (place.state == State::Waiting) visit(*place.query);
      place = Place{};
    }
    oldest_ = newest_ = kNone;
    waiting_ = 0;
    fill_free();
  }

 private:
  static constexpr uint16_t kNone = 0xffff;

  struct Place {
    Query* query = nullptr;
    uint32_t abandoned_ms = 0;  // wraps after 49 days, only differences count
    uint16_t id = 0;
    uint16_t newer = kNone;
    uint16_t older = kNone;
    State state = State::Free;
  };

  uint32_t mask() const { return static_cast<uint32_t>(places_.size()) - 1; }

  Place& known(uint16_t id) {
    Place& place = places_[id & mask()];
    assert(place.state != State::Free && place.id == id);
    return place;
  }

  void fill_free() {
    free_count_ = static_cast<uint32_t>(places_.size());
    for (uint32_t i = 0; i < free_count_; ++i) free_[i] = static_cast<uint16_t>(i);
  }

  uint16_t take_free_place(uint32_t number) {
    const uint32_t chosen = static_cast<uint32_t>(uint64_t{number} * free_count_ >> 32);
    const uint16_t place = free_[chosen];
    free_[chosen] = free_[--free_count_];
    return place;
  }

  void put_free(uint16_t place) {
    places_[place].state = State::Free;
    places_[place].query = nullptr;
    free_[free_count_++] = place;
  }

  // Abandoned places are a list in the order of their quarantines' ends.
  void link_newest(uint16_t place) {
    places_[place].older = newest_;
    places_[place].newer = kNone;
    (newest_ == kNone ? oldest_ : places_[newest_].newer) = place;
    newest_ = place;
  }

  void unlink(Place& place) {
    (place.older == kNone ? oldest_ : places_[place.older].newer) = place.newer;
    (place.newer == kNone ? newest_ : places_[place.newer].older) = place.older;
  }

  void end_quarantines(uint64_t now_ms) {
    while (oldest_ != kNone) {
      Place& place = places_[oldest_];
      if (static_cast<uint32_t>(now_ms) - place.abandoned_ms < quarantine_ms_) return;
      const uint16_t freed = oldest_;
      unlink(place);
      put_free(freed);
    }
  }

  std::vector<Place> places_;
  std::vector<uint16_t> free_;
  uint32_t free_count_ = 0;
  uint32_t waiting_ = 0;
  uint16_t oldest_ = kNone;
  uint16_t newest_ = kNone;
  uint64_t quarantine_ms_;
};

}  // namespace dotring::upstream
