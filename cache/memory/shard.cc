#include "cache/memory/shard.h"

#include "engine/dns/stored_answer.h"

namespace dotring::cache {

using query::Found;
using query::Freshness;

namespace {

constexpr uint32_t kFailureMax_s = 300;  // RFC 9520, 3.2

// The store's clock counts whole seconds, and the one under way may be nearly over: one more, so
// that a failure is remembered for no less than its back-off (RFC 9520, 3.2: at least 1 s).
uint32_t rounded_up_s(uint32_t backoff_s) {
  return backoff_s == 0 || backoff_s >= kFailureMax_s ? backoff_s : backoff_s + 1;
}

EntryQueues::Options queue_options(const MemoryOptions& options, const ShardPlan& plan) {
  EntryQueues::Options queues;
  queues.small_units = plan.small_units;
  queues.main_units = plan.main_units;
  queues.slots_max = plan.slots_max;
  queues.ghosts_max = plan.ghosts_max;
  queues.promotion_hits_min = options.promotion_hits_min;
  queues.stale_max_s = options.ttl.stale_max_s;
  queues.failure_kept_s = options.ttl.failure_ttl_max_s;
  return queues;
}

}  // namespace

Shard::Shard(const MemoryOptions& options, const ShardPlan& plan, Arena& arena, size_t arena_offset)
    : options_(options),
      policy_(options.ttl),
      arena_(arena),
      arena_offset_(arena_offset),
      arena_bytes_(plan.arena_bytes),
      queues_(queue_options(options, plan), arena.data() + arena_offset, statistics_) {
  update_totals();
}

// What is kept has its lifetime already; what is new of it counts for what comes.
void Shard::set_policy(const MemoryOptions& options) {
  const std::lock_guard guard(lock_);
  options_ = options;
  policy_ = TtlPolicy(options.ttl);
  queues_.set_policy(options.promotion_hits_min, options.ttl.stale_max_s,
                     options.ttl.failure_ttl_max_s);
}

// -------------------------------------------------------------------------------------------------
// Finding

void Shard::prefetch_place(uint32_t tag) const {
  queues_.prefetch_place(tag);
}

void Shard::prefetch_answer(uint32_t tag) {
  const std::lock_guard guard(lock_);
  queues_.prefetch_answer(tag);
}

Found Shard::find(const dns::QuestionKey& key, uint32_t now_s, MutableBytes room) {
  const std::lock_guard guard(lock_);
  Entry* entry = queues_.find(key);
  const Freshness freshness = entry ? freshness_of(*entry, now_s) : Freshness::Missing;
  count(freshness);
  if (freshness == Freshness::Missing) return {};
  Found found = give(*entry, freshness, now_s, room);
  if (freshness != Freshness::Failing) found.refresh_due = take_refresh(*entry, freshness, now_s);
  entry->count_hit();
  if (found.too_large) statistics_.hits_too_large.add();
  if (found.refresh_due) statistics_.refreshes_due.add();
  return found;
}

Found Shard::find_again(const dns::QuestionKey& key, uint32_t now_s, MutableBytes room) {
  const std::lock_guard guard(lock_);
  Entry* entry = queues_.find(key);
  const Freshness freshness = entry ? freshness_of(*entry, now_s) : Freshness::Missing;
  if (freshness == Freshness::Missing) return {};
  return give(*entry, freshness, now_s, room);
}

Freshness Shard::freshness_of(const Entry& entry, uint32_t now_s) const {
  if (entry.failure_only) {
    return entry.may_ask(now_s) ? Freshness::Missing : Freshness::Failing;
  }
  if (entry.age_s(now_s) < entry.fresh_s) return Freshness::Fresh;
  return queues_.is_useless(entry, now_s) ? Freshness::Missing : Freshness::Stale;
}

void Shard::count(Freshness freshness) {
  switch (freshness) {
    case Freshness::Missing:
      return statistics_.misses.add();
    case Freshness::Fresh:
      return statistics_.hits_fresh.add();
    case Freshness::Stale:
      return statistics_.hits_stale.add();
    case Freshness::Failing:
      return statistics_.hits_failing.add();
  }
}

Found Shard::give(Entry& entry, Freshness freshness, uint32_t now_s, MutableBytes room) const {
  Found found;
  found.freshness = freshness;
  found.flags = entry.flags();
  found.extended_error = dns::stored_extended_error(entry.message());
  if (freshness == Freshness::Failing) return found;
  found.too_large = entry.wire_size > room.size();
  found.size = found.too_large ? 0 : entry.wire_size;
  copy_out(entry, freshness, now_s, room.first(found.size));
  return found;
}

void Shard::copy_out(Entry& entry, Freshness freshness, uint32_t now_s, MutableBytes to) const {
  if (to.empty()) return;
  std::memcpy(to.data(), entry.wire(), to.size());
  if (freshness == Freshness::Fresh) {
    dns::age_ttls(to, entry.ttl_offsets(), entry.ttl_count(), entry.age_s(now_s), 0);
  } else {
    dns::set_ttls(to, entry.ttl_offsets(), entry.ttl_count(), options_.stale_answer_ttl_s);
  }
}

// Whoever gets it asks; the others wait for that, or for the interval to pass if nothing comes of
// it.
bool Shard::take_refresh(Entry& entry, Freshness freshness, uint32_t now_s) {
  if (!entry.may_ask(now_s)) return false;
  if (freshness == Freshness::Fresh && !is_near_expiry(entry, now_s)) return false;
  entry.next_ask_s = now_s + options_.refresh_interval_s;
  entry.failed = false;
  return true;
}

bool Shard::is_near_expiry(const Entry& entry, uint32_t now_s) const {
  const uint64_t remaining_s = entry.fresh_s - entry.age_s(now_s);
  return entry.hit && remaining_s * 100 < uint64_t{entry.fresh_s} * options_.prefetch_percent;
}

// -------------------------------------------------------------------------------------------------
// Keeping

void Shard::keep(const dns::QuestionKey& key, const PreparedAnswer& answer, uint32_t fresh_s,
                 uint32_t now_s) {
  const std::lock_guard guard(lock_);
  write(key, queues_.find(key), answer, fresh_s, now_s);
}

// What is here came from the upstream too, maybe just now, by another worker. A failure says
// nothing about an answer that somebody got; it goes.
void Shard::keep_aged(const dns::QuestionKey& key, const PreparedAnswer& answer, uint32_t fresh_s,
                      uint32_t age_s, uint32_t now_s) {
  const std::lock_guard guard(lock_);
  Entry* existing = queues_.find(key);
  if (existing && !existing->failure_only && existing->age_s(now_s) <= age_s) return;
  Entry* entry = write(key, existing, answer, fresh_s, now_s);
  if (entry) entry->stored_s = now_s - age_s;
}

// Null: it is too long to be kept.
Entry* Shard::write(const dns::QuestionKey& key, Entry* existing, const PreparedAnswer& answer,
                    uint32_t fresh_s, uint32_t now_s) {
  const Bytes message = answer.message();
  const auto ttls = answer.ttl_offsets();
  const size_t units = Entry::units_for(ttls.size(), message.size());
  if (units > queues_.units_max()) {
    refuse_in_place_of(existing);
    return nullptr;
  }
  (existing ? statistics_.replacements : statistics_.insertions).add();
  Entry& entry = queues_.place(key, existing, static_cast<uint32_t>(units), now_s);
  entry.reset(ttls.size(), message.size(), now_s);
  entry.fresh_s = fresh_s;
  std::memcpy(entry.ttl_offsets(), ttls.data(), ttls.size_bytes());
  std::memcpy(entry.wire(), message.data(), message.size());
  update_totals();
  return &entry;
}

// What was kept is outdated, although the new answer can not take its place.
void Shard::refuse_in_place_of(Entry* existing) {
  statistics_.refused_large.add();
  if (existing) remove(*existing);
}

void Shard::remove(Entry& entry) {
  queues_.forget(entry);
  statistics_.removals.add();
  update_totals();
}

void Shard::forget(const dns::QuestionKey& key) {
  const std::lock_guard guard(lock_);
  if (Entry* entry = queues_.find(key)) remove(*entry);
}

void Shard::refuse(const dns::QuestionKey& key) {
  const std::lock_guard guard(lock_);
  refuse_in_place_of(queues_.find(key));
}

size_t Shard::clear() {
  const std::lock_guard guard(lock_);
  const size_t removed = queues_.size();
  queues_.clear();
  arena_.release(arena_offset_, arena_bytes_);
  statistics_.removals.add(removed);
  update_totals();
  return removed;
}

void Shard::update_totals() {
  statistics_.entries.set(queues_.size());
  statistics_.bytes_used.set(sizeof(Shard) + queues_.bytes_used());
}

// -------------------------------------------------------------------------------------------------
// Failures

void Shard::remember_failure(const dns::QuestionKey& key, const Failure& failure, uint32_t now_s) {
  const std::lock_guard guard(lock_);
  if (queues_.units_max() == 0) return;
  Entry* entry = queues_.find(key);
  if (!entry || queues_.is_useless(*entry, now_s)) entry = &place_failure(key, entry, now_s);
  if (entry->failure_only) {
    dns::set_stored_extended_error(entry->wire(), failure.extended_error);
    store_be16(entry->wire() + 2, failure.flags);
  }
  note_failure(*entry, failure.verdict, now_s);
  statistics_.failures.add();
  update_totals();
}

// A message of header and question, so that it can be found like every other.
Entry& Shard::place_failure(const dns::QuestionKey& key, Entry* existing, uint32_t now_s) {
  const Bytes question = key.question_wire();
  const size_t size = dns::kHeaderSize + question.size();
  const auto units = static_cast<uint32_t>(Entry::units_for(0, size));
  Entry& entry = queues_.place(key, existing, units, now_s);
  entry.reset(0, size, now_s);
  entry.failure_only = true;
  dns::Header header;
  header.question_count = 1;
  dns::write_header(header, entry.wire());
  std::memcpy(entry.wire() + dns::kHeaderSize, question.data(), question.size());
  return entry;
}

void Shard::note_failure(Entry& entry, Verdict verdict, uint32_t now_s) {
  if (entry.failed && !entry.may_ask(now_s)) return;
  const bool grows = verdict == Verdict::Failure;
  if (grows) entry.set_failures(entry.failures() + 1);
  const uint32_t backoff_s =
      grows ? policy_.failure_backoff_s(entry.failures()) : policy_.options().refusal_ttl_s;
  const uint32_t next_ask_s = now_s + rounded_up_s(backoff_s);
  // A refresh that was given out keeps its interval where that is longer.
  if (entry.may_ask(next_ask_s)) entry.next_ask_s = next_ask_s;
  entry.failed = true;
}

}  // namespace dotring::cache
