// What lies in Redis: whatever it is, reading it ends, and what is believed is an answer to the
// question that was asked, in stored form, and is given with TTLs that never grew.
//
// Input: question's bits (1), key of the question: taken from the value's own message where there
// is one, so that whole answers are reached.

#include <cassert>
#include <cstdlib>
#include <memory>
#include <vector>

#include "cache/memory/memory_store.h"
#include "cache/tiers/envelope.h"
#include "cache/tiers/flush_log.h"
#include "cache/tiers/value.h"

namespace dotring::cache::tiers {
namespace {

constexpr uint64_t kNow = 1'700'000'000;
constexpr HashKey kHashKey{1, 2};

struct World {
  World() {
    MemoryOptions options;
    options.bytes_max = size_t{1} << 20;
    memory = MemoryStore::create(options);
  }
  std::unique_ptr<MemoryStore> memory;
  Envelope plain{{}, {1, 2}};
  Envelope sealed{{SealKey::from_file_content("0123456789abcdef0123456789abcdef").value()}, {1, 2}};
  std::unique_ptr<PreparedAnswer> answer = std::make_unique<PreparedAnswer>();
  std::vector<uint8_t> scratch = std::vector<uint8_t>(1 << 20);
};

std::optional<dns::QuestionKey> key_in(Bytes body, uint8_t bits) {
  if (body.size() < kBodyHeadSize + dns::kHeaderSize) return std::nullopt;
  const Bytes question = body.subspan(kBodyHeadSize + dns::kHeaderSize);
  const size_t size = dns::plain_name_size(question);
  if (size == 0 || question.size() < size + 4) return std::nullopt;
  const dns::Question asked{question.first(size), load_be16(question.data() + size),
                            load_be16(question.data() + size + 2)};
  return dns::QuestionKey(asked, bits, kHashKey);
}

void check_answer(World& world, const dns::QuestionKey& key, const ReadValue& value) {
  assert(equal(value.message.subspan(dns::kHeaderSize, key.question_wire().size()),
               key.question_wire()));
  assert(value.fresh_s > 0 && value.fresh_s <= kLifeMaxS && value.age_s <= kLifeMaxS);
  world.memory->clear();
  const Bytes given = world.memory->store_aged(key, value.message, value.view, value.fresh_s,
                                               value.age_s, 1'000'000, *world.answer);
  if (given.empty()) return;
  const dns::AnswerView view = dns::view_answer(given, {key.name(), key.type(), key.klass()});
  assert(view.fault == dns::AnswerFault::None && !view.has_opt);
  assert(view.record_count == value.view.record_count);
  std::vector<uint8_t> room(65'535);
  const query::Found found = world.memory->find(key, 1'000'000, room);
  assert(found.size == 0 || equal(given, Bytes(room).first(found.size)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  const Bytes input(data, size);
  if (size < 1 || size > world.scratch.size()) return 0;
  const Bytes value = input.subspan(1);
  Bytes body;
  world.sealed.open(value, bytes_of("key"), world.scratch, body);
  if (world.plain.open(value, {}, world.scratch, body) != EnvelopeFault::None) return 0;
  FlushLog log({.rules_max = 4});
  if (const auto rules = FlushLog::decode(body)) {
    for (const FlushRule& rule : *rules) log.add(rule, kNow);
    assert(log.size() <= 4);
  }
  const auto key = key_in(body, input[0]);
  if (!key) return 0;
  const ReadValue read = read_body(body, *key, kNow);
  if (read.fault == ValueFault::None) check_answer(world, *key, read);
  return 0;
}

}  // namespace dotring::cache::tiers
