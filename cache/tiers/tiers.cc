#include "cache/tiers/tiers.h"

#include "cache/tiers/key_name.h"
#include "cache/tiers/value.h"

namespace dotring::cache::tiers {

using redis::GetResult;

Tiers::Tiers(const Options& options, MemoryStore& memory, redis::KeyValue& redis, Envelope envelope,
             const FlushLog& flushes, const TurnClock& clock, const io::Clock& wall)
    : options_(options),
      memory_(memory),
      redis_(redis),
      envelope_(std::move(envelope)),
      flushes_(flushes),
      clock_(clock),
      wall_(wall),
      wait_(options.wait),
      asked_(options.gets_max),
      value_(kValueMax),
      scratch_(kValueMax) {}

Tiers::~Tiers() {
  for (uint32_t i = 0; i < asked_.capacity(); ++i) {
    if (asked_.in_use(i)) redis_.cancel_get(*asked_.at(i));
  }
}

size_t Tiers::memory_max(const Options& options) {
  return sizeof(Tiers) + 2 * kValueMax + options.gets_max * Slab<Asked>::memory_of_one();
}

const SealKey* Tiers::seal_key(size_t index) const {
  return envelope_.keys().empty() ? nullptr : &envelope_.keys()[index];
}

// -------------------------------------------------------------------------------------------------
// Out of Redis

bool Tiers::fetch(query::Fetch& fetch) {
  Asked* asked = flushes_.known() ? asked_.take(*this, fetch, clock_.now_us) : nullptr;
  if (!asked || !ask(*asked)) {
    if (asked) asked_.give_back(asked);
    statistics_.refused.add();
    return false;
  }
  fetch.store_state = asked;
  asked->ahead = asked_.used() - 1;
  fetch.wait_us = wait_.ask(asked->ahead, clock_.now_us);
  return true;
}

bool Tiers::ask(Asked& asked) {
  asked.on_done = &Tiers::on_got;
  const KeyName name(options_.prefix, *asked.fetch.key, seal_key(asked.key_index));
  return redis_.get(asked, name.bytes());
}

void Tiers::cancel_fetch(query::Fetch& fetch) {
  auto* asked = static_cast<Asked*>(fetch.store_state);
  fetch.store_state = nullptr;
  redis_.cancel_get(*asked);
  asked_.give_back(asked);
}

void Tiers::on_got(redis::Get& get, GetResult result, Bytes value) {
  auto& asked = static_cast<Asked&>(get);
  asked.tiers.finish(asked, result, value);
}

void Tiers::finish(Asked& asked, GetResult result, Bytes value) {
  if (result != GetResult::Failed) {
    wait_.took(clock_.now_us - asked.started_us, asked.ahead, clock_.now_us);
  }
  if (result == GetResult::Missing && ask_with_old_key(asked)) return;
  if (result == GetResult::Missing) statistics_.misses.add();
  if (result == GetResult::Failed) statistics_.failures.add();
  query::Fetch& fetch = asked.fetch;
  Bytes answer;
  if (result == GetResult::Found) answer = take(*fetch.key, asked.key_index, value);
  asked_.give_back(&asked);
  fetch.store_state = nullptr;
  fetch.on_done(fetch, answer);
}

// While keys are changed, what was stored under the old one has another name.
bool Tiers::ask_with_old_key(Asked& asked) {
  if (asked.key_index + 1 >= envelope_.keys().size()) return false;
  ++asked.key_index;
  asked.started_us = clock_.now_us;
  if (!ask(asked)) return false;
  statistics_.asked_old_key.add();
  return true;
}

// Empty: there is nothing that the client could have.
Bytes Tiers::take(const dns::QuestionKey& key, size_t key_index, Bytes value) {
  EnvelopeFault fault = EnvelopeFault::Malformed;
  Bytes body;
  if (value.size() <= kValueMax) {
    fault = open(key, key_index, value, body);
  }
  if (fault == EnvelopeFault::None) return take_answer(key, body);
  statistics_.envelope_faults[static_cast<size_t>(fault)].add();
  return {};
}

EnvelopeFault Tiers::open(const dns::QuestionKey& key, size_t key_index, Bytes value, Bytes& body) {
  if (envelope_.keys().empty()) return envelope_.open(value, {}, scratch_, body);
  const KeyName name(options_.prefix, key, seal_key(key_index));
  return envelope_.open(value, name.bytes(), scratch_, body);
}

Bytes Tiers::take_answer(const dns::QuestionKey& key, Bytes body) {
  const ReadValue value = read_body(body, key, wall_.wall_s());
  if (value.fault != ValueFault::None) {
    statistics_.value_faults[static_cast<size_t>(value.fault)].add();
    return {};
  }
  if (flushes_.hides(key.name(), value.stored_s)) {
    statistics_.flushed.add();
    return {};
  }
  const Bytes answer = memory_.store_aged(key, value.message, value.view, value.fresh_s,
                                          value.age_s, clock_.now_s(), answer_);
  (answer.empty() ? statistics_.hits_stale : statistics_.hits_fresh).add();
  return answer;
}

// -------------------------------------------------------------------------------------------------
// Into Redis

void Tiers::store(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
                  uint64_t now_s) {
  memory_.store(key, message, view, now_s);
  const Lifetime lifetime = memory_.policy().judge(view);
  if (lifetime.fresh_s > 0) write(key, message, view, lifetime);
}

void Tiers::write(const dns::QuestionKey& key, Bytes message, const dns::AnswerView& view,
                  const Lifetime& lifetime) {
  ValueTimes times;
  times.stored_s = wall_.wall_s();
  times.expires_s = times.stored_s + lifetime.fresh_s;
  times.useless_s = times.expires_s + lifetime.stale_s;
  const MutableBytes room(value_);
  const MutableBytes body = room.subspan(envelope_.head_size());
  const size_t body_size = write_body(times, key.bits(), message, view, body);
  // The question is the key: an answer to another one must never be found under this one.
  const Bytes question = key.question_wire();
  if (!equal(body.subspan(kBodyHeadSize + dns::kHeaderSize, question.size()), question)) return;
  const KeyName name(options_.prefix, key, seal_key(0));
  const size_t size = envelope_.close(room, body_size, name.bytes());
  const uint64_t life_ms = (times.useless_s - times.stored_s) * 1000;
  const bool sent = size > 0 && redis_.set(name.bytes(), room.first(size), life_ms);
  (sent ? statistics_.written : statistics_.write_drops).add();
}

}  // namespace dotring::cache::tiers
