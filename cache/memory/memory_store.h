// The answers of one process, in memory, shared by all workers: query::AnswerStore.
//
// Sharded by the key's hash; each shard has a lock of its own, held for one look-up and one copy.
// Memory grows with what is kept and never exceeds bytes_max, everything included (shard_plan.h has
// the sum).
//
// What it is not: it asks nobody and knows no slower tier.

#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "cache/memory/arena.h"
#include "cache/memory/memory_options.h"
#include "cache/memory/statistics.h"
#include "cache/prepared_answer.h"
#include "engine/query/ports.h"

namespace dotring::cache {

class Shard;

class MemoryStore final : public query::AnswerStore {
 public:
  using Options = MemoryOptions;

  /// Null when the kernel does not give `bytes_max` of address space.
  static std::unique_ptr<MemoryStore> create(const Options& options);
  ~MemoryStore();

  void prefetch_place(uint64_t hash) override;
  void prefetch_answer(uint64_t hash) override;
  query::Found find(const dns::QuestionKey& key, uint64_t now_s, MutableBytes room) override;
  query::Found find_again(const dns::QuestionKey& key, uint64_t now_s, MutableBytes room) override;
  void store(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
             uint64_t now_s) override;
  void bound_ttls(MutableBytes stored, const dns::AnswerView& view) const override;
  void store_failure(const dns::QuestionKey& key, const query::Failure& failure,
                     uint64_t now_s) override;

  /// Keeps an answer of a slower tier as if it had come `age_s` ago, to be fresh for `fresh_s` in
  /// all, or less where the policy here says so. `message` is in stored form, `view` of it, `key`
  /// its question. What is here and not older stays. Gives the answer with its TTLs aged, in
  /// `room`; empty when it is not fresh any more (then it is kept as a stale one), or not to be
  /// kept at all.
  Bytes store_aged(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
                   uint32_t fresh_s, uint32_t age_s, uint64_t now_s, PreparedAnswer& room);
  TtlPolicy policy() const;
  /// From any thread: lifetimes, refreshes and promotion are those of `options` from now on, for
  /// what comes; what is kept keeps its lifetime, and serves as stale by the new one. Memory and
  /// shards stay as they are.
  void set_policy(const Options& options);

  /// Forget all that is kept about `name` (lower-case wire form), whatever type, class and bits; or
  /// about all names at and below it; or everything. Give how many entries that were. They walk
  /// over all entries, shard by shard, and hold a shard's lock meanwhile (26,000 entries, about a
  /// millisecond).
  size_t remove(Bytes name);
  size_t remove_subtree(Bytes name);
  size_t clear();
  /// The same about the names for which `matches`.
  size_t remove_if(const std::function<bool(Bytes name)>& matches);

  /// From any thread; takes no lock.
  Statistics statistics() const;

 private:
  explicit MemoryStore(const Options& options);
  bool make_shards();
  Shard& shard_of(uint64_t hash) { return *shards_[(hash >> 32) * shards_.size() >> 32]; }
  Shard& shard_of(const dns::QuestionKey& key) { return shard_of(key.hash()); }

  const Options options_;  ///< at the start: memory and shards
  mutable std::mutex policy_mutex_;
  TtlPolicy policy_;
  Arena arena_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace dotring::cache
