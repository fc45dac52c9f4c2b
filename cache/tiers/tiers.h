// The two levels as one AnswerStore: memory, shared by all workers, and one worker's Redis.
//
// What memory misses is asked of Redis while the client waits, for a bounded time (Fetch::wait_us);
// what Redis has goes to memory with the age it has. What upstreams answer goes to both. Failures
// stay in memory: they are about this appliance's upstreams.
//
// Nothing here is allocated per query, and nothing waits: a Redis that is slow, full or gone
// refuses or drops.
//
// Lives on its worker's thread; memory and flushes are shared.

#pragma once

#include <string>
#include <vector>

#include "cache/memory/memory_store.h"
#include "cache/redis/key_value.h"
#include "cache/tiers/envelope.h"
#include "cache/tiers/flush_log.h"
#include "cache/tiers/statistics.h"
#include "cache/tiers/usual_wait.h"
#include "engine/base/slab.h"
#include "engine/base/turn_clock.h"
#include "engine/io/clock.h"

namespace dotring::cache::tiers {

class Tiers final : public query::AnswerStore {
 public:
  struct Options {
    /// In front of every key; appliances that share answers have the same.
    std::string prefix = "dotring:";
    uint32_t gets_max = 8192;  ///< under way at a time
    UsualWait::Options wait;
  };

  /// All references outlive it. `wall` says when answers are stored and how old they are.
  Tiers(const Options& options, MemoryStore& memory, redis::KeyValue& redis, Envelope envelope,
        const FlushLog& flushes, const TurnClock& clock, const io::Clock& wall);
  /// Cancels what is under way.
  ~Tiers();
  Tiers(const Tiers&) = delete;
  Tiers& operator=(const Tiers&) = delete;

  void prefetch_place(uint64_t hash) override { memory_.prefetch_place(hash); }
  void prefetch_answer(uint64_t hash) override { memory_.prefetch_answer(hash); }
  query::Found find(const dns::QuestionKey& key, uint64_t now_s, MutableBytes room) override {
    return memory_.find(key, now_s, room);
  }
  query::Found find_again(const dns::QuestionKey& key, uint64_t now_s, MutableBytes room) override {
    return memory_.find_again(key, now_s, room);
  }
  void store(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
             uint64_t now_s) override;
  void bound_ttls(MutableBytes stored, const dns::AnswerView& view) const override {
    memory_.bound_ttls(stored, view);
  }
  void store_failure(const dns::QuestionKey& key, const query::Failure& failure,
                     uint64_t now_s) override {
    memory_.store_failure(key, failure, now_s);
  }
  bool fetch(query::Fetch& fetch) override;
  void cancel_fetch(query::Fetch& fetch) override;

  const Statistics& statistics() const { return statistics_; }
  /// Octets taken at most, for the sum printed at start.
  static size_t memory_max(const Options& options);

 private:
  struct Asked : redis::Get {
    Asked(Tiers& owner, query::Fetch& question, uint64_t now_us)
        : tiers(owner), fetch(question), started_us(now_us) {}
    Tiers& tiers;
    query::Fetch& fetch;
    uint64_t started_us;
    uint32_t ahead = 0;    ///< GETs under way when it left
    size_t key_index = 0;  ///< of the seal key that names are hashed with
  };
  static constexpr size_t kValueMax = kBodyHeadSize + dns::kMessageSizeMax + Envelope::kOverheadMax;

  const SealKey* seal_key(size_t index) const;
  bool ask(Asked& asked);
  bool ask_with_old_key(Asked& asked);
  static void on_got(redis::Get& get, redis::GetResult result, Bytes value);
  void finish(Asked& asked, redis::GetResult result, Bytes value);
  Bytes take(const dns::QuestionKey& key, size_t key_index, Bytes value);
  EnvelopeFault open(const dns::QuestionKey& key, size_t key_index, Bytes value, Bytes& body);
  Bytes take_answer(const dns::QuestionKey& key, Bytes body);
  void write(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
             const Lifetime& lifetime);

  const Options options_;
  MemoryStore& memory_;
  redis::KeyValue& redis_;
  Envelope envelope_;
  const FlushLog& flushes_;
  const TurnClock& clock_;
  const io::Clock& wall_;
  UsualWait wait_;
  Slab<Asked> asked_;
  std::vector<uint8_t> value_;    ///< one on its way out
  std::vector<uint8_t> scratch_;  ///< one that was opened
  PreparedAnswer answer_;         ///< one on its way to those who wait
  Statistics statistics_;
};

}  // namespace dotring::cache::tiers
