// What comes back from an upstream: an answer that is accepted can be stored, and the stored form
// is accepted again with the same records; ages never make a TTL grow, nor change a name; the reply
// made of it is well-formed.

#include <cassert>
#include <cstdlib>
#include <vector>

#include "engine/dns/message_writer.h"
#include "engine/dns/stored_answer.h"

namespace dotring::dns {
namespace {

using Octets = std::vector<uint8_t>;

Octets store(Bytes message, const AnswerView& view) {
  Octets stored(message.size());
  stored.resize(to_stored_form(message, view, stored.data()));
  return stored;
}

void check_stored(const AnswerView& view, Bytes stored) {
  const AnswerView again = view_stored(stored, view.question);
  assert(again.fault == AnswerFault::None);
  assert(again.edns.extended_error.value_or(0) == view.edns.extended_error.value_or(0));
  assert(!again.has_opt && again.record_count <= view.record_count);
  assert(again.ttl_min >= view.ttl_min && again.negative_ttl == view.negative_ttl);
  assert(again.has_final_answer == view.has_final_answer && again.has_soa == view.has_soa);
  assert(view.rcode > kRcodeMask || again.negative() == view.negative());
  assert(store(stored, again) == Octets(stored.begin(), stored.end()));
}

// Names are what they were: none has an octet of a TTL.
void check_names(const Octets& stored, const Octets& aged) {
  Reader before(stored, kHeaderSize), after(aged, kHeaderSize);
  for (Reader* reader : {&before, &after}) {
    skip_name(*reader);
    reader->skip(4);
  }
  while (before.remaining() > 0) {
    Reader owner(stored, before.offset()), aged_owner(aged, after.offset());
    const auto name = read_name(stored, owner), aged_name = read_name(aged, aged_owner);
    assert(name && aged_name && equal(name->wire(), aged_name->wire()));
    read_record(before);
    read_record(after);
  }
}

void check_ageing(const Octets& stored, const std::vector<uint16_t>& offsets, uint32_t age_s) {
  Octets aged = stored;
  age_ttls(aged, offsets.data(), offsets.size(), age_s, 0);
  for (const uint16_t offset : offsets) {
    const uint32_t before = load_be32(stored.data() + offset);
    const uint32_t after = load_be32(aged.data() + offset);
    assert(after <= before && after <= 0x7fffffff);
    assert(before > 0x7fffffff || before - after <= age_s);
  }
  assert(view_answer(aged, {}).fault == AnswerFault::None);
  check_names(stored, aged);
}

// A query that asks what the answer answers, with OPT.
Octets query_for(const Question& question) {
  const QuestionKey key(question, QuestionKey::kDo, {1, 2});
  Octets query(kUpstreamQuerySizeMax);
  query.resize(write_upstream_query(key, 0xbeef, {}, query));
  return query;
}

void check_reply(const AnswerView& view, const Octets& stored) {
  const Octets query_octets = query_for(view.question);
  const QueryView query = view_query(query_octets);
  Octets room = stored;
  room.resize(stored.size() + 11);
  if (room.size() > kMessageSizeMax) return;
  const size_t size = finish_stored_reply(query, stored.size(), {}, room);
  assert(size == room.size());
  const AnswerView reply = view_answer(room, query.question);
  assert(reply.fault == AnswerFault::None && reply.has_opt && reply.header.id == 0xbeef);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes message(data, size);
  const AnswerView view = view_answer(message, {});
  if (view.fault != AnswerFault::None) return 0;
  assert(view_answer(message, view.question).fault == AnswerFault::None);
  const Octets stored = store(message, view);
  check_stored(view, stored);
  std::vector<uint16_t> offsets;
  for_each_ttl(stored, [&](size_t at, uint16_t) { offsets.push_back(static_cast<uint16_t>(at)); });
  assert(offsets.size() <= view.record_count);
  for (const uint32_t age_s : {0u, 1u, 3600u, 0x80000000u, 0xffffffffu}) {
    check_ageing(stored, offsets, age_s);
  }
  check_reply(view, stored);
  return 0;
}

}  // namespace dotring::dns
