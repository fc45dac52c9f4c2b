// The entries of one shard, and who has to go when there is no room: S3-FIFO on two rings of
// memory.
//
// New keys enter the small queue. Who is asked for again before reaching its tail, or comes back
// soon after (ghosts.h), goes to the main queue; names that are asked for once leave after a small
// part of the memory has passed, and never push out what is popular. The main queue's tail gets
// another round for each hit, up to three. (Yang and others, "FIFO queues are all you need for
// cache eviction", SOSP 2023.)
//
// What it is not: thread safe. The owner's lock covers every call; entries move with each place(),
// so references end there.
//
// Invariant: each live block is in the index exactly once, and each slot leads to a live block.

#pragma once

#include "cache/memory/block_ring.h"
#include "cache/memory/ghosts.h"
#include "cache/memory/slot_index.h"
#include "cache/memory/statistics.h"

namespace dotring::cache {

class EntryQueues {
 public:
  struct Options {
    uint32_t small_units = 0;
    uint32_t main_units = 0;
    uint32_t slots_max = 0;
    uint32_t ghosts_max = 0;
    /// Hits in the small queue that earn a place in the main one.
    uint8_t promotion_hits_min = 1;
    /// When an entry is of no use any more.
    uint32_t stale_max_s = 86400;
    uint32_t failure_kept_s = 300;  ///< after its back-off ended
  };

  /// `arena` has room for small_units + main_units, reads as zeros, and is aligned to kUnit.
  EntryQueues(const Options& options, uint8_t* arena, ShardStatistics& statistics);

  /// The longest block that can be kept; 0 when nothing can.
  uint32_t units_max() const { return units_max_; }
  /// Hints that find() will follow: the slot first; when that has arrived, the entry.
  void prefetch_place(uint32_t tag) const { index_.prefetch(tag); }
  void prefetch_answer(uint32_t tag);
  /// Null when there is none. It may be long expired: see is_useless().
  Entry* find(const dns::QuestionKey& key);
  /// A block for `key` with room for what is to be kept, in the place of `existing` (null, or what
  /// find() gave). Units, tag, bits and frequency are set, all else is the caller's to write.
  /// Evicts as needed; the block must not be longer than units_max().
  Entry& place(const dns::QuestionKey& key, Entry* existing, uint32_t units, uint32_t now_s);
  void forget(Entry& entry);
  bool is_useless(const Entry& entry, uint32_t now_s) const;
  /// The last three of Options.
  void set_policy(uint8_t promotion_hits_min, uint32_t stale_max_s, uint32_t failure_kept_s) {
    options_.promotion_hits_min = promotion_hits_min;
    options_.stale_max_s = stale_max_s;
    options_.failure_kept_s = failure_kept_s;
  }

  /// Calls `visit(Entry&)` for every entry; it may forget() the one it is given.
  template <typename Visit>
  void for_each(Visit&& visit);
  void clear();
  /// What is held now: touched memory of the rings, index and ghosts.
  size_t bytes_used() const;
  uint32_t size() const { return index_.size(); }

 private:
  static constexpr int kTurnsMax = 32;      // limits what one place() may cost
  static constexpr int kLooksPerPlace = 2;  // at entries of the main queue, for useless ones
  static constexpr int kTidiedPerPlace =
      4;  // turns of the main queue while it holds much that is dead

  Entry& at(uint32_t position) {
    return *reinterpret_cast<Entry*>(arena_ + kUnit * size_t{position});
  }
  uint32_t position_of(const Entry& entry) const {
    const auto distance = reinterpret_cast<const uint8_t*>(&entry) - arena_;
    return static_cast<uint32_t>(static_cast<size_t>(distance) / kUnit);
  }
  BlockRing& ring_of(uint32_t position) { return main_.owns(position) ? main_ : small_; }
  bool index_is_full() const { return index_.size() >= index_.size_max(); }

  Entry& place_new(uint32_t tag, bool in_main, uint32_t units, uint32_t now_s);
  void make_room_in_index(uint32_t now_s);
  void make_room_in_main(uint32_t units, uint32_t now_s);
  void take_from_small(uint32_t now_s);
  void take_from_main(int& turns, uint32_t now_s);
  bool drop_if_useless(BlockRing& ring, uint32_t now_s);
  void promote_oldest(uint32_t now_s);
  void turn_oldest_of_main();
  void evict(Entry& entry);
  void expire(Entry& entry);
  void tidy_main(uint32_t now_s);
  template <typename Visit>
  void for_each_in(BlockRing& ring, Visit& visit);

  Options options_;
  const uint32_t units_max_;
  uint8_t* const arena_;
  ShardStatistics& statistics_;
  BlockRing small_;
  BlockRing main_;
  SlotIndex index_;
  Ghosts ghosts_;
};

template <typename Visit>
void EntryQueues::for_each_in(BlockRing& ring, Visit& visit) {
  uint32_t left = ring.units_used();
  for (uint32_t position = left > 0 ? ring.oldest() : 0; left > 0;
       position = ring.after(position)) {
    Entry& entry = at(position);
    left -= entry.units;
    if (!entry.dead) visit(entry);
  }
}

template <typename Visit>
void EntryQueues::for_each(Visit&& visit) {
  for_each_in(small_, visit);
  for_each_in(main_, visit);
}

}  // namespace dotring::cache
