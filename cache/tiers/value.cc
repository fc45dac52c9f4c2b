#include "cache/tiers/value.h"

#include <algorithm>

#include "engine/dns/stored_answer.h"

namespace dotring::cache::tiers {
namespace {

constexpr size_t kPaddingMax = 64;

uint64_t read_u64(Reader& reader) {
  const uint64_t high = reader.u32();
  return high << 32 | reader.u32();
}

void write_u64(Writer& writer, uint64_t value) {
  writer.u32(static_cast<uint32_t>(value >> 32));
  writer.u32(static_cast<uint32_t>(value));
}

bool make_sense(const ValueTimes& times) {
  return times.stored_s < times.expires_s && times.expires_s <= times.useless_s &&
         times.useless_s - times.stored_s <= kLifeMaxS;
}

// What a sealed body is padded with, and nothing else.
bool is_padding(Bytes rest) {
  return rest.size() < kPaddingMax &&
         std::all_of(rest.begin(), rest.end(), [](uint8_t octet) { return octet == 0; });
}

bool is_stored_form(Bytes message, const dns::AnswerView& view) {
  return !view.header.has(dns::kFlagTc) && !view.has_opt && view.opt_offset == message.size();
}

bool would_be_kept(const dns::AnswerView& view) {
  return view.rcode == dns::rcode::kNoError || view.rcode == dns::rcode::kNxDomain;
}

ValueFault check_message(ReadValue& value, const dns::QuestionKey& key) {
  // The name as it lies in the key: lower case, like the stored form's.
  const Bytes question = key.question_wire();
  if (value.message.size() < dns::kHeaderSize + question.size() ||
      !equal(value.message.subspan(dns::kHeaderSize, question.size()), question)) {
    return ValueFault::WrongQuestion;
  }
  value.view = dns::view_stored(value.message, {key.name(), key.type(), key.klass()});
  if (value.view.fault == dns::AnswerFault::WrongQuestion) return ValueFault::WrongQuestion;
  if (value.view.fault != dns::AnswerFault::None) return ValueFault::BadAnswer;
  const bool good = is_stored_form(value.message, value.view) && would_be_kept(value.view);
  return good ? ValueFault::None : ValueFault::BadAnswer;
}

ValueFault check_times(ReadValue& value, const ValueTimes& times, uint64_t wall_s) {
  if (!make_sense(times)) return ValueFault::Malformed;
  if (times.stored_s > wall_s + kSkewMaxS) return ValueFault::FromTheFuture;
  if (times.useless_s <= wall_s) return ValueFault::Useless;
  value.age_s = static_cast<uint32_t>(wall_s > times.stored_s ? wall_s - times.stored_s : 0);
  value.fresh_s = static_cast<uint32_t>(times.expires_s - times.stored_s);
  value.stored_s = times.stored_s;
  return ValueFault::None;
}

}  // namespace

size_t write_body(const ValueTimes& times, uint8_t bits, Bytes message, const dns::AnswerView& view,
                  MutableBytes room) {
  Writer writer(room);
  write_u64(writer, times.stored_s);
  write_u64(writer, times.expires_s);
  write_u64(writer, times.useless_s);
  writer.u8(bits);
  assert(room.size() >= kBodyHeadSize + message.size());
  const size_t size = dns::to_stored_form(message, view, room.data() + kBodyHeadSize);
  writer.u16(static_cast<uint16_t>(size));
  return kBodyHeadSize + size;
}

ReadValue read_body(Bytes body, const dns::QuestionKey& key, uint64_t wall_s) {
  ReadValue value;
  Reader reader(body);
  ValueTimes times;
  times.stored_s = read_u64(reader);
  times.expires_s = read_u64(reader);
  times.useless_s = read_u64(reader);
  const uint8_t bits = reader.u8();
  value.message = reader.bytes(reader.u16());
  if (!reader.ok() || !is_padding(body.subspan(reader.offset()))) return value;
  if (bits != key.bits()) {
    value.fault = ValueFault::WrongQuestion;
    return value;
  }
  value.fault = check_times(value, times, wall_s);
  if (value.fault == ValueFault::None) value.fault = check_message(value, key);
  return value;
}

}  // namespace dotring::cache::tiers
