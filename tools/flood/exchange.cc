#include "tools/flood/exchange.h"

#include <bit>

namespace dotring::flood {

Exchange::Exchange(QuestionSource& source, Tally& tally, uint32_t outstanding_max,
                   bool accept_queries)
    : source_(source),
      tally_(tally),
      accept_queries_(accept_queries),
      place_bits_(static_cast<int>(std::bit_width(outstanding_max - 1))),
      queries_(outstanding_max) {
  assert(outstanding_max > 0 && outstanding_max <= 32768);
}

// A place's generation is odd while it is used: its upper bits tell the uses apart.
uint16_t Exchange::id_of(const Query* query) const {
  const uint32_t place = queries_.index_of(query);
  return static_cast<uint16_t>(queries_.generation_of(place) >> 1 << place_bits_ | place);
}

Exchange::Query* Exchange::find(uint16_t id) {
  const uint32_t place = id & ((1u << place_bits_) - 1);
  if (place >= queries_.capacity() || !queries_.in_use(place)) return nullptr;
  Query* query = queries_.at(place);
  return id_of(query) == id ? query : nullptr;
}

void Exchange::begin(uint64_t due_ns, uint64_t now_ns, uint8_t* to) {
  Query* query = queries_.take();
  query->due_ns = due_ns;
  query->sent_ns = now_ns;
  query->name = source_.next();
  waiting_.push_back(*query);
  source_.write(query->name, id_of(query), to);
  ++tally_.sent;
  tally_.octets_sent += source_.message_size();
  tally_.lateness_ns.add(now_ns - due_ns);
}

bool Exchange::take_answer(Bytes message, uint64_t now_ns) {
  tally_.octets_received += message.size();
  Query* query = message.size() < dns::kHeaderSize ? nullptr : find(load_be16(message.data()));
  if (!query) {
    ++tally_.unexpected;
    return false;
  }
  const bool is_response = accept_queries_ || (load_be16(message.data() + 2) & dns::kFlagQr);
  if (!is_response || !source_.is_question_of(query->name, message)) {
    ++tally_.mismatched;
    return false;
  }
  count_answer(*query, message, now_ns);
  queries_.give_back(query);
  return true;
}

void Exchange::count_answer(const Query& query, Bytes message, uint64_t now_ns) {
  const uint16_t flags = load_be16(message.data() + 2);
  const uint16_t answer_count = load_be16(message.data() + 6);
  const uint16_t rcode = flags & dns::kRcodeMask;
  ++tally_.answered;
  ++tally_.rcodes[rcode];
  if (flags & dns::kFlagTc) ++tally_.truncated;
  if (rcode == dns::rcode::kNoError && answer_count == 0) ++tally_.empty;
  tally_.latency_from_due_ns.add(now_ns - query.due_ns);
  tally_.latency_from_sent_ns.add(now_ns - query.sent_ns);
}

uint64_t Exchange::give_up(uint64_t sent_before_ns) {
  uint64_t count = 0;
  while (Query* oldest = waiting_.front()) {
    if (oldest->sent_ns >= sent_before_ns) break;
    queries_.give_back(oldest);
    ++count;
  }
  tally_.lost += count;
  return count;
}

}  // namespace dotring::flood
