#include "engine/dns/answer_view.h"

#include <algorithm>

#include "engine/dns/rdata.h"

namespace dotring::dns {
namespace {

/// The walk: each step reads on and fails the reader where the message is malformed.
class AnswerWalk {
 public:
  AnswerWalk(Bytes message, AnswerView& view)
      : message_(message), view_(view), reader_(message, kHeaderSize) {}

  bool run() {
    const Header& header = view_.header;
    read_question();
    for (uint32_t i = 0; i < header.answer_count && reader_.ok(); ++i) take_answer();
    for (uint32_t i = 0; i < header.authority_count && reader_.ok(); ++i) take_authority();
    for (uint32_t i = 0; i < header.additional_count && reader_.ok(); ++i) take_additional();
    if (!view_.has_opt) view_.opt_offset = message_.size();
    return reader_.ok() && reader_.remaining() == 0;
  }

 private:
  // More than one question: malformed (RFC 9619). Its name is the first, so there is nothing it
  // could point to.
  void read_question() {
    if (view_.header.question_count == 0) return;
    const size_t name_size = plain_name_size(message_.subspan(kHeaderSize));
    if (name_size == 0 || view_.header.question_count > 1) return reader_.fail();
    view_.question.name = reader_.bytes(name_size);
    view_.question.type = reader_.u16();
    view_.question.klass = reader_.u16();
  }

  // Reads a record of any section and counts it, unless it is the OPT.
  Record take_record() {
    const Record record = read_record(reader_);
    if (!reader_.ok() || record.type == type::kOpt) return record;
    if (view_.record_count == AnswerView::kRecordsMax) {
      reader_.fail();
      return record;
    }
    ttl_offsets_[view_.record_count++] = static_cast<uint16_t>(record.ttl_offset);
    view_.ttl_min = std::min(view_.ttl_min, ttl_meant(record.ttl));
    if (!names_are_sound(record)) reader_.fail();
    return record;
  }

  // Its own TTL counts too: names in its RDATA stand behind it.
  bool names_are_sound(const Record& record) const {
    const auto ttl_offsets = std::span(ttl_offsets_).first(view_.record_count);
    Reader owner(message_, record.offset);
    check_name(message_, owner, ttl_offsets);
    return owner.ok() && rdata_is_sound(message_, record, ttl_offsets);
  }

  void take_answer() {
    const Record record = take_record();
    if (record.type == type::kOpt) reader_.fail();
    const uint16_t asked = view_.question.type;
    if (record.type == asked || asked == type::kAny) view_.has_final_answer = true;
  }

  void take_authority() {
    const Record record = take_record();
    if (record.type == type::kOpt) reader_.fail();
    if (!reader_.ok() || record.type != type::kSoa || view_.has_soa) return;
    view_.has_soa = true;
    view_.negative_ttl = std::min(ttl_meant(record.ttl), ttl_meant(soa_minimum(message_, record)));
  }

  void take_additional() {
    const Record record = take_record();
    if (!reader_.ok()) return;
    if (record.type == type::kOpt) return take_opt(record);
    if (!view_.has_opt) ++view_.additional_before_opt;
  }

  // RFC 6891, 6.1.1: at most one OPT, its owner the root.
  void take_opt(const Record& record) {
    if (view_.has_opt || message_[record.offset] != 0) return reader_.fail();
    Reader opt(message_.first(record.end()), record.ttl_offset - 2);
    view_.edns = read_opt(opt);
    if (!opt.ok()) return reader_.fail();
    view_.has_opt = true;
    view_.opt_offset = record.offset;
    view_.rcode = static_cast<uint16_t>(view_.rcode | view_.edns.extended_rcode << 4);
  }

  const Bytes message_;
  AnswerView& view_;
  Reader reader_;
  std::array<uint16_t, AnswerView::kRecordsMax> ttl_offsets_;  ///< the first record_count are set
};

AnswerFault question_fault(const AnswerView& view, const Question& expected) {
  if (view.header.question_count == 0) {
    return view.record_count == 0 ? AnswerFault::WithoutQuestion : AnswerFault::WrongQuestion;
  }
  const bool same = expected.name.empty() ||
                    (view.question.type == expected.type && view.question.klass == expected.klass &&
                     equal_ignoring_case(view.question.name, expected.name));
  return same ? AnswerFault::None : AnswerFault::WrongQuestion;
}

AnswerFault find_fault(Bytes message, const Question& expected, AnswerView& view) {
  if (!view.header.has(kFlagQr) || view.header.opcode() != opcode::kQuery) {
    return AnswerFault::NotAResponse;
  }
  if (!AnswerWalk(message, view).run()) return AnswerFault::Malformed;
  return question_fault(view, expected);
}

}  // namespace

AnswerView view_answer(Bytes message, const Question& expected) {
  AnswerView view;
  if (message.size() < kHeaderSize || message.size() > kMessageSizeMax) return view;
  view.header = read_header(message);
  view.rcode = view.header.rcode();
  view.fault = find_fault(message, expected, view);
  return view;
}

}  // namespace dotring::dns
