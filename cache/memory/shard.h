// One shard of the store in memory: a lock, its entries, its counters, and what can be done for one
// key.
//
// Every public function takes the lock, where it needs it, and may be called from any thread. None
// allocates, apart from the growth of the index. The lock is held for a look-up and a copy;
// remove_if() and clear() hold it longer.
//
// Invariant: an entry is an answer, with or without a failure noted on it, or failure_only.

#pragma once

#include <mutex>

#include "cache/memory/entry_queues.h"
#include "cache/memory/memory_options.h"
#include "cache/memory/shard_lock.h"
#include "cache/memory/shard_plan.h"
#include "cache/prepared_answer.h"
#include "engine/query/ports.h"

namespace dotring::cache {

class alignas(64) Shard {
 public:
  /// The part at `arena_offset` of `arena`, which outlives it, is this shard's.
  Shard(const MemoryOptions& options, const ShardPlan& plan, Arena& arena, size_t arena_offset);

  void prefetch_place(uint32_t tag) const;
  void prefetch_answer(uint32_t tag);
  /// See query::AnswerStore::find().
  query::Found find(const dns::QuestionKey& key, uint32_t now_s, MutableBytes room);
  query::Found find_again(const dns::QuestionKey& key, uint32_t now_s, MutableBytes room);
  /// The answer replaces whatever was kept for `key`, failures included.
  void keep(const dns::QuestionKey& key, const PreparedAnswer& answer, uint32_t fresh_s,
            uint32_t now_s);
  /// The same for an answer that came `age_s` ago. One that is not older stays.
  void keep_aged(const dns::QuestionKey& key, const PreparedAnswer& answer, uint32_t fresh_s,
                 uint32_t age_s, uint32_t now_s);
  void forget(const dns::QuestionKey& key);
  /// There is an answer which cannot be kept, because it is too long or has too many TTLs.
  void refuse(const dns::QuestionKey& key);
  struct Failure {
    Verdict verdict = Verdict::Failure;  ///< or Refusal
    uint16_t flags = 0;                  ///< of the header, rcode included
    std::optional<uint16_t> extended_error{};
  };
  /// Notes the failure on the answer that is kept, as long as that may serve; else keeps the
  /// failure only. While a back-off runs, further failures do not make it longer: they are the same
  /// one, seen by other workers.
  void remember_failure(const dns::QuestionKey& key, const Failure& failure, uint32_t now_s);

  /// Forgets the entries for which `matches(Bytes name)`; gives how many.
  template <typename Matches>
  size_t remove_if(Matches&& matches);
  size_t clear();
  /// From now on keeps and gives by these; its size stays as it is.
  void set_policy(const MemoryOptions& options);

  const ShardStatistics& statistics() const { return statistics_; }

 private:
  query::Freshness freshness_of(const Entry& entry, uint32_t now_s) const;
  void count(query::Freshness freshness);
  query::Found give(Entry& entry, query::Freshness freshness, uint32_t now_s,
                    MutableBytes room) const;
  void copy_out(Entry& entry, query::Freshness freshness, uint32_t now_s, MutableBytes to) const;
  bool take_refresh(Entry& entry, query::Freshness freshness, uint32_t now_s);
  bool is_near_expiry(const Entry& entry, uint32_t now_s) const;

  Entry* write(const dns::QuestionKey& key, Entry* existing, const PreparedAnswer& answer,
               uint32_t fresh_s, uint32_t now_s);
  Entry& place_failure(const dns::QuestionKey& key, Entry* existing, uint32_t now_s);
  void note_failure(Entry& entry, Verdict verdict, uint32_t now_s);
  void refuse_in_place_of(Entry* existing);
  void remove(Entry& entry);
  void update_totals();

  ShardLock lock_;
  MemoryOptions options_;
  TtlPolicy policy_;
  Arena& arena_;
  const size_t arena_offset_;
  const size_t arena_bytes_;
  ShardStatistics statistics_;
  EntryQueues queues_;
};

template <typename Matches>
size_t Shard::remove_if(Matches&& matches) {
  const std::lock_guard guard(lock_);
  size_t removed = 0;
  queues_.for_each([&](Entry& entry) {
    if (!matches(entry.name())) return;
    queues_.forget(entry);
    ++removed;
  });
  statistics_.removals.add(removed);
  update_totals();
  return removed;
}

}  // namespace dotring::cache
