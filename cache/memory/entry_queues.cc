#include "cache/memory/entry_queues.h"

#include <algorithm>

namespace dotring::cache {

// At most half the small queue, so that one long answer does not drive everything else out of it.
EntryQueues::EntryQueues(const Options& options, uint8_t* arena, ShardStatistics& statistics)
    : options_(options),
      units_max_(std::min<uint32_t>(options.small_units / 2, UINT16_MAX)),
      arena_(arena),
      statistics_(statistics),
      small_(arena, 0, options.small_units),
      main_(arena, options.small_units, options.main_units),
      index_(options.slots_max),
      ghosts_(options.ghosts_max) {
  assert(units_max_ == 0 || (index_.size_max() > 0 && options.main_units >= options.small_units));
}

// Two lines of 64 octets: the key is compared there, and most answers end there.
void EntryQueues::prefetch_answer(uint32_t tag) {
  const uint32_t position = index_.find(tag, [](uint32_t) { return true; });
  if (position == SlotIndex::kNone) return;
  const auto* entry = reinterpret_cast<const uint8_t*>(&at(position));
  __builtin_prefetch(entry);
  __builtin_prefetch(entry + 64);
}

Entry* EntryQueues::find(const dns::QuestionKey& key) {
  const auto matches = [&](uint32_t position) { return at(position).is_for(key); };
  const uint32_t position = index_.find(static_cast<uint32_t>(key.hash()), matches);
  return position == SlotIndex::kNone ? nullptr : &at(position);
}

bool EntryQueues::is_useless(const Entry& entry, uint32_t now_s) const {
  if (entry.failure_only) {
    return Entry::passed_s(entry.next_ask_s, now_s) >= options_.failure_kept_s;
  }
  return entry.age_s(now_s) >= uint64_t{entry.fresh_s} + options_.stale_max_s;
}

// An answer that is asked again is mostly as long as before: it stays where it is.
Entry& EntryQueues::place(const dns::QuestionKey& key, Entry* existing, uint32_t units,
                          uint32_t now_s) {
  assert(units <= units_max_);
  if (existing && existing->units >= units) {
    const uint32_t position = position_of(*existing);
    ring_of(position).shrink(position, units);
    return *existing;
  }
  const auto tag = static_cast<uint32_t>(key.hash());
  const uint8_t frequency = existing ? existing->frequency : 0;
  const bool in_main = existing ? main_.owns(position_of(*existing)) : ghosts_.take(tag);
  if (existing) forget(*existing);
  Entry& entry = place_new(tag, in_main, units, now_s);
  entry.tag = tag;
  entry.key_bits = key.bits();
  entry.frequency = frequency & 3;
  return entry;
}

Entry& EntryQueues::place_new(uint32_t tag, bool in_main, uint32_t units, uint32_t now_s) {
  tidy_main(now_s);
  make_room_in_index(now_s);
  BlockRing& ring = in_main ? main_ : small_;
  if (in_main) {
    make_room_in_main(units, now_s);
  } else {
    while (!small_.fits(units)) take_from_small(now_s);
  }
  const uint32_t position = ring.push(units);
  index_.insert(tag, position);
  return at(position);
}

void EntryQueues::forget(Entry& entry) {
  const uint32_t position = position_of(entry);
  index_.erase(entry.tag, position);
  ring_of(position).mark_dead(position);
}

void EntryQueues::evict(Entry& entry) {
  statistics_.evictions.add();
  forget(entry);
}

void EntryQueues::expire(Entry& entry) {
  statistics_.expirations.add();
  forget(entry);
}

// Ends because each step empties a ring by one block, or evicts.
void EntryQueues::make_room_in_index(uint32_t now_s) {
  int turns = 0;
  while (index_is_full()) {
    if (!small_.empty()) {
      take_from_small(now_s);
    } else {
      take_from_main(turns, now_s);
    }
  }
}

void EntryQueues::make_room_in_main(uint32_t units, uint32_t now_s) {
  int turns = 0;
  while (!main_.fits(units)) take_from_main(turns, now_s);
}

bool EntryQueues::drop_if_useless(BlockRing& ring, uint32_t now_s) {
  Entry& oldest = at(ring.oldest());
  if (!oldest.dead && !is_useless(oldest, now_s)) return false;
  if (!oldest.dead) expire(oldest);
  ring.pop_oldest();
  return true;
}

// While there is room in the main queue, everything goes there: nothing needs to leave yet.
void EntryQueues::take_from_small(uint32_t now_s) {
  if (drop_if_useless(small_, now_s)) return;
  Entry& oldest = at(small_.oldest());
  const bool room_for_all = main_.fits(oldest.units) && !index_is_full();
  if (room_for_all || oldest.frequency >= options_.promotion_hits_min) {
    return promote_oldest(now_s);
  }
  ghosts_.add(oldest.tag);
  evict(oldest);
  small_.pop_oldest();
}

void EntryQueues::promote_oldest(uint32_t now_s) {
  const uint32_t from = small_.oldest();
  const uint16_t units = at(from).units;
  make_room_in_main(units, now_s);
  const uint32_t to = main_.push(units);
  std::memcpy(&at(to), &at(from), kUnit * units);
  at(to).frequency = 0;
  index_.move(at(to).tag, from, to);
  small_.pop_oldest();
}

void EntryQueues::take_from_main(int& turns, uint32_t now_s) {
  if (drop_if_useless(main_, now_s)) return;
  Entry& oldest = at(main_.oldest());
  if (oldest.frequency > 0 && turns < kTurnsMax) {
    ++turns;
    oldest.frequency = static_cast<uint8_t>(oldest.frequency - 1) & 3;
    return turn_oldest_of_main();
  }
  evict(oldest);
  main_.pop_oldest();
}

void EntryQueues::turn_oldest_of_main() {
  const uint32_t from = main_.oldest();
  const uint32_t to = main_.turn_oldest();
  index_.move(at(to).tag, from, to);
}

// The queue's order says nothing about expiry, so a hand looks for what expired. What is dead in
// the middle is taken back by turning the queue, once that is worth the work: more than a
// sixteenth.
void EntryQueues::tidy_main(uint32_t now_s) {
  if (main_.units_touched() < main_.capacity()) return;
  for (int i = 0; i < kLooksPerPlace && !main_.empty(); ++i) {
    Entry& entry = at(main_.next_under_hand());
    if (!entry.dead && is_useless(entry, now_s)) expire(entry);
  }
  for (int i = 0; i < kTidiedPerPlace && !main_.empty(); ++i) {
    if (drop_if_useless(main_, now_s)) continue;
    if (main_.units_dead() <= main_.capacity() / 16) return;
    turn_oldest_of_main();
  }
}

void EntryQueues::clear() {
  small_.clear();
  main_.clear();
  index_.clear();
  ghosts_.clear();
}

size_t EntryQueues::bytes_used() const {
  return kUnit * (size_t{small_.units_touched()} + main_.units_touched()) + index_.bytes() +
         ghosts_.bytes();
}

}  // namespace dotring::cache
