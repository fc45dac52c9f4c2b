// What clients send: whatever it is, it gets a verdict, and every reply that is written to it is a
// well-formed message with its id, its question, and OPT if and only if it had one.

#include <array>
#include <cassert>
#include <cstdlib>

#include "engine/dns/message_view.h"
#include "engine/dns/message_writer.h"

namespace dotring::dns {
namespace {

using Room = std::array<uint8_t, 1232>;

void check_reply(const QueryView& query, Bytes reply) {
  const AnswerView view = view_answer(reply, query.question);
  assert(view.header.id == query.header.id);
  assert(view.header.opcode() == query.header.opcode());
  assert(view.has_opt == query.has_opt || view.fault == AnswerFault::NotAResponse);
  if (query.header.opcode() != opcode::kQuery) return;
  assert(view.fault == (query.has_question ? AnswerFault::None : AnswerFault::WithoutQuestion));
  assert(!query.has_question || equal(view.question.name, query.question.name));
  assert(!query.has_opt || view.edns.dnssec_ok == query.edns.dnssec_ok);
}

void try_replies(const QueryView& query) {
  Room room;
  OptFields opt;
  opt.extended_error = extended_error::kOther;
  opt.pad_to_multiple = query.edns.padding ? 468 : 0;
  const uint16_t rcode = query.has_opt ? rcode::kBadVers : rcode::kFormErr;
  const size_t size = write_error_reply(query, rcode, opt, room);
  assert(size > 0);
  check_reply(query, Bytes(room).first(size));
  check_reply(query, Bytes(room).first(write_truncated_reply(query, 0, opt, room)));
}

void try_accepted(const QueryView& query) {
  assert(query.has_question && query.header.question_count == 1);
  assert(!query.has_opt || query.edns.version == 0);
  Room room;
  check_reply(query, Bytes(room).first(write_minimal_any_reply(query, 1, {}, room)));
  const QuestionKey key(query.question, QuestionKey::kDo, {1, 2});
  OptFields opt;
  opt.pad_to_multiple = 128;
  opt.keepalive_empty = true;
  const size_t size = write_upstream_query(key, 7, opt, room);
  assert(size > 0 && size <= kUpstreamQuerySizeMax && size % 128 == 0);
  const QueryView upstream = view_query(Bytes(room).first(size));
  assert(upstream.verdict == QueryVerdict::Accept);
  assert(QuestionKey(upstream.question, QuestionKey::kDo, {1, 2}) == key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const QueryView query = view_query({data, size});
  const bool unanswerable = size < kHeaderSize || (data[2] & 0x80) != 0;
  assert((query.verdict == QueryVerdict::Drop) == unanswerable);
  if (unanswerable) return 0;
  try_replies(query);
  if (query.verdict == QueryVerdict::Accept) try_accepted(query);
  return 0;
}

}  // namespace dotring::dns
