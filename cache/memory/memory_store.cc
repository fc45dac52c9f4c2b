#include "cache/memory/memory_store.h"

#include <algorithm>
#include <cassert>

#include "cache/memory/shard.h"

namespace dotring::cache {

namespace {

// The upper bits of an extended rcode have no place in the header: what is left could look like
// NOERROR.
Shard::Failure to_remember(const dns::QuestionKey& key, const query::Failure& failure) {
  const bool fits = failure.rcode <= dns::kRcodeMask;
  const uint16_t rcode = fits ? failure.rcode : dns::rcode::kServFail;
  const uint16_t recursion_desired = key.bits() & dns::QuestionKey::kRd ? dns::kFlagRd : 0;
  return {verdict_of_error(failure.rcode),
          static_cast<uint16_t>(dns::kFlagQr | dns::kFlagRa | rcode | recursion_desired),
          failure.extended_error};
}

}  // namespace

std::unique_ptr<MemoryStore> MemoryStore::create(const Options& options) {
  std::unique_ptr<MemoryStore> store(new MemoryStore(options));
  return store->make_shards() ? std::move(store) : nullptr;
}

MemoryStore::MemoryStore(const Options& options) : options_(options), policy_(options.ttl) {}
MemoryStore::~MemoryStore() = default;

TtlPolicy MemoryStore::policy() const {
  const std::lock_guard guard(policy_mutex_);
  return policy_;
}

void MemoryStore::set_policy(const Options& options) {
  for (auto& shard : shards_) shard->set_policy(options);
  const std::lock_guard guard(policy_mutex_);
  policy_ = TtlPolicy(options.ttl);
}

bool MemoryStore::make_shards() {
  const size_t count =
      options_.shards > 0 ? options_.shards : ShardPlan::shards_for(options_.bytes_max);
  const ShardPlan plan = ShardPlan::of(options_.bytes_max / count, sizeof(Shard));
  if (!arena_.reserve(count * plan.arena_bytes)) return false;
  shards_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(options_, plan, arena_, i * plan.arena_bytes));
  }
  return true;
}

void MemoryStore::prefetch_place(uint64_t hash) {
  shard_of(hash).prefetch_place(static_cast<uint32_t>(hash));
}

void MemoryStore::prefetch_answer(uint64_t hash) {
  shard_of(hash).prefetch_answer(static_cast<uint32_t>(hash));
}

query::Found MemoryStore::find(const dns::QuestionKey& key, uint64_t now_s, MutableBytes room) {
  return shard_of(key).find(key, static_cast<uint32_t>(now_s), room);
}

query::Found MemoryStore::find_again(const dns::QuestionKey& key, uint64_t now_s,
                                     MutableBytes room) {
  return shard_of(key).find_again(key, static_cast<uint32_t>(now_s), room);
}

void MemoryStore::store(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
                        uint64_t now_s) {
  const auto now32_s = static_cast<uint32_t>(now_s);
  const TtlPolicy policy = this->policy();
  const Lifetime lifetime = policy.judge(view);
  switch (lifetime.verdict) {
    case Verdict::Ignore:
      return;
    case Verdict::Forget:
      return shard_of(key).forget(key);
    case Verdict::Failure:
    case Verdict::Refusal:
      return store_failure(key, {view.rcode, view.edns.extended_error}, now_s);
    case Verdict::Positive:
    case Verdict::Negative:
      break;
  }
  PreparedAnswer answer;
  if (!answer.prepare(message, view, policy, lifetime)) return shard_of(key).refuse(key);
  // The question is the key: an answer to another one must never be found under this one.
  if (!equal(answer.question(view.question.wire_size()), key.question_wire())) return;
  shard_of(key).keep(key, answer, lifetime.fresh_s, now32_s);
}

void MemoryStore::bound_ttls(MutableBytes stored, const dns::AnswerView& view) const {
  const TtlPolicy policy = this->policy();
  const Lifetime lifetime = policy.judge(view);
  dns::for_each_ttl(stored, [&](size_t offset, uint16_t) {
    uint8_t* ttl = stored.data() + offset;
    store_be32(ttl, policy.clamp_ttl(load_be32(ttl), lifetime));
  });
}

Bytes MemoryStore::store_aged(const dns::QuestionKey& key, Bytes message,
                              const dns::AnswerView& view, uint32_t fresh_s, uint32_t age_s,
                              uint64_t now_s, PreparedAnswer& room) {
  const TtlPolicy policy = this->policy();
  Lifetime lifetime = policy.judge(view);
  if (lifetime.fresh_s == 0) return {};
  lifetime.fresh_s = std::min(lifetime.fresh_s, fresh_s);
  if (!room.prepare(message, view, policy, lifetime)) return {};
  assert(equal(room.question(view.question.wire_size()), key.question_wire()));
  shard_of(key).keep_aged(key, room, lifetime.fresh_s, age_s, static_cast<uint32_t>(now_s));
  if (age_s >= lifetime.fresh_s) return {};
  room.age(age_s);
  return room.message();
}

void MemoryStore::store_failure(const dns::QuestionKey& key, const query::Failure& failure,
                                uint64_t now_s) {
  shard_of(key).remember_failure(key, to_remember(key, failure), static_cast<uint32_t>(now_s));
}

size_t MemoryStore::remove(Bytes name) {
  return remove_if([name](Bytes kept) { return equal(kept, name); });
}

size_t MemoryStore::remove_subtree(Bytes name) {
  return remove_if([name](Bytes kept) { return dns::is_within(kept, name); });
}

size_t MemoryStore::remove_if(const std::function<bool(Bytes name)>& matches) {
  size_t removed = 0;
  for (auto& shard : shards_) removed += shard->remove_if(matches);
  return removed;
}

size_t MemoryStore::clear() {
  size_t removed = 0;
  for (auto& shard : shards_) removed += shard->clear();
  return removed;
}

Statistics MemoryStore::statistics() const {
  Statistics sum;
  for (const auto& shard : shards_) add(sum, shard->statistics());
  return sum;
}

}  // namespace dotring::cache
