#include "engine/dns/message_writer.h"

#include <cassert>

namespace dotring::dns {
namespace {

constexpr uint16_t kFlagsFromQuery = kOpcodeMask | kFlagRd | kFlagCd;
constexpr uint16_t kPointerToQuestion = 0xc000 | kHeaderSize;
constexpr size_t kAdditionalCountOffset = 10;

uint16_t reply_flags(const QueryView& query, uint16_t flags) {
  return static_cast<uint16_t>((query.header.flags & kFlagsFromQuery) | kFlagQr | kFlagRa | flags);
}

void write_question(Writer& writer, const Question& question) {
  writer.bytes(question.name);
  writer.u16(question.type);
  writer.u16(question.klass);
}

// Header and question of a reply; `flags` are those that the query does not determine.
void write_reply_start(Writer& writer, const QueryView& query, uint16_t flags,
                       uint16_t answer_count) {
  Header header;
  header.id = query.header.id;
  header.flags = reply_flags(query, flags);
  header.question_count = query.has_question ? 1 : 0;
  header.answer_count = answer_count;
  header.additional_count = query.has_opt ? 1 : 0;
  uint8_t octets[kHeaderSize];
  write_header(header, octets);
  writer.bytes(octets);
  if (query.has_question) write_question(writer, query.question);
}

// The OPT of a reply, where the query had one, and the end of the message.
size_t write_reply_end(Writer& writer, const QueryView& query, OptFields opt) {
  opt.dnssec_ok = query.edns.dnssec_ok;
  if (query.has_opt) {
    if (opt_size(opt) > writer.remaining()) opt.extended_error_text = {};
    write_opt(writer, opt);
  }
  return writer.ok() ? writer.offset() : 0;
}

size_t write_empty_reply(const QueryView& query, uint16_t flags, const OptFields& opt,
                         MutableBytes room) {
  assert(query.verdict != QueryVerdict::Drop);
  Writer writer(room);
  write_reply_start(writer, query, flags, 0);
  return write_reply_end(writer, query, opt);
}

}  // namespace

size_t write_error_reply(const QueryView& query, uint16_t rcode, const OptFields& opt,
                         MutableBytes room) {
  if (rcode > kRcodeMask && !query.has_opt) rcode = rcode::kServFail;
  OptFields fields = opt;
  fields.rcode = rcode;
  return write_empty_reply(query, rcode & kRcodeMask, fields, room);
}

size_t write_truncated_reply(const QueryView& query, uint16_t rcode, const OptFields& opt,
                             MutableBytes room) {
  OptFields fields = opt;
  fields.rcode = rcode & kRcodeMask;
  return write_empty_reply(query, static_cast<uint16_t>(kFlagTc | fields.rcode), fields, room);
}

size_t write_minimal_any_reply(const QueryView& query, uint32_t ttl_s, const OptFields& opt,
                               MutableBytes room) {
  static constexpr uint8_t kRdata[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
  assert(query.verdict == QueryVerdict::Accept);
  Writer writer(room);
  write_reply_start(writer, query, rcode::kNoError, 1);
  writer.u16(kPointerToQuestion);
  writer.u16(type::kHinfo);
  writer.u16(query.question.klass == kClassAny ? kClassIn : query.question.klass);
  writer.u32(ttl_s);
  writer.u16(sizeof kRdata);
  writer.bytes(kRdata);
  OptFields fields = opt;
  fields.rcode = rcode::kNoError;
  return write_reply_end(writer, query, fields);
}

size_t finish_stored_reply(const QueryView& query, size_t stored_size, const OptFields& opt,
                           MutableBytes room) {
  assert(query.has_question && stored_size >= kHeaderSize + query.question.wire_size());
  assert(stored_size <= room.size());
  uint8_t* message = room.data();
  assert(load_be16(message + 4) == 1);
  uint16_t kept = load_be16(message + 2) & (kFlagAd | kRcodeMask);
  const bool wants_ad = query.header.has(kFlagAd) || query.edns.dnssec_ok;
  if (!wants_ad) kept &= static_cast<uint16_t>(~kFlagAd);
  store_be16(message, query.header.id);
  store_be16(message + 2, reply_flags(query, kept));
  std::memcpy(message + kHeaderSize, query.question.name.data(), query.question.name.size());
  const uint16_t additional_count = load_be16(message + kAdditionalCountOffset);
  store_be16(message + kAdditionalCountOffset,
             static_cast<uint16_t>(additional_count + (query.has_opt ? 1 : 0)));
  Writer writer(room, stored_size);
  OptFields fields = opt;
  fields.rcode = kept & kRcodeMask;
  return write_reply_end(writer, query, fields);
}

size_t write_upstream_query(const QuestionKey& key, uint16_t id, const OptFields& opt,
                            MutableBytes room) {
  Header header;
  header.id = id;
  header.flags = kFlagAd;
  if (key.bits() & QuestionKey::kRd) header.flags |= kFlagRd;
  if (key.bits() & QuestionKey::kCd) header.flags |= kFlagCd;
  header.question_count = 1;
  header.additional_count = 1;
  uint8_t octets[kHeaderSize];
  write_header(header, octets);
  Writer writer(room);
  writer.bytes(octets);
  writer.bytes(key.question_wire());
  OptFields fields = opt;
  fields.rcode = 0;
  fields.dnssec_ok = (key.bits() & QuestionKey::kDo) != 0;
  write_opt(writer, fields);
  return writer.ok() ? writer.offset() : 0;
}

size_t write_query_of_view(const QueryView& view, MutableBytes room) {
  Header header;
  header.id = view.header.id;
  header.flags = view.header.flags;
  header.question_count = view.has_question ? 1 : 0;
  header.additional_count = view.has_opt ? 1 : 0;
  uint8_t octets[kHeaderSize];
  write_header(header, octets);
  Writer writer(room);
  writer.bytes(octets);
  if (view.has_question) write_question(writer, view.question);
  OptFields opt;
  opt.udp_size = view.edns.udp_size;
  opt.dnssec_ok = view.edns.dnssec_ok;
  if (view.has_opt) write_opt(writer, opt);
  return writer.ok() ? writer.offset() : 0;
}

}  // namespace dotring::dns
