#include "tools/replay/comparison.h"

#include <algorithm>

#include "tools/replay/records.h"

namespace dotring::replay {
namespace {

constexpr uint16_t kComparedFlags =
    dns::kFlagAa | dns::kFlagTc | dns::kFlagRd | dns::kFlagRa | dns::kFlagAd | dns::kFlagCd;

// As dns::read_record() does, and follows the owner's name.
void check_record(Bytes message, Reader& reader) {
  dns::check_name(message, reader);
  reader.skip(8);
  reader.skip(reader.u16());
}

}  // namespace

Outline::Outline(std::optional<Bytes> message) : present_(message.has_value()) {
  if (!message) return;
  message_ = *message;
  read();
}

void Outline::read() {
  const dns::Header header = dns::read_header(message_);
  flags_ = header.flags & kComparedFlags;
  rcode_ = header.rcode();
  Reader reader(message_, dns::kHeaderSize);
  for (uint32_t i = 0; i < header.question_count && reader.ok(); ++i) {
    dns::skip_name(reader);
    reader.skip(4);
  }
  answer_ = skip_section(reader, header.answer_count);
  authority_ = skip_section(reader, header.authority_count);
  for (uint32_t i = 0; i < header.additional_count && reader.ok(); ++i) {
    const dns::Record record = dns::read_record(reader);
    if (record.type == dns::type::kOpt) rcode_ |= static_cast<uint16_t>(record.ttl >> 24 << 4);
  }
  sound_ = reader.ok();
}

Outline::Section Outline::skip_section(Reader& reader, uint32_t count) const {
  const Section section{reader.offset(), count};
  for (uint32_t i = 0; i < count && reader.ok(); ++i) check_record(message_, reader);
  return section;
}

Differences Comparison::compare(const Outline& left, const Outline& right) {
  Differences differences;
  differences.none_left = !left.present_ && right.present_;
  differences.none_right = left.present_ && !right.present_;
  if (!left.present_ || !right.present_) return differences;
  differences.rcode = left.rcode_ != right.rcode_;
  differences.flags = left.flags_ != right.flags_;
  differences.malformed = left.sound_ != right.sound_;
  if (!left.sound_ || !right.sound_) return differences;
  differences.answer = !same(left.message_, left.answer_, right.message_, right.answer_);
  differences.authority = !same(left.message_, left.authority_, right.message_, right.authority_);
  return differences;
}

// Most answers that say the same say it in the same order; what is left when they do not is brought
// into one form and one order.
bool Comparison::same(Bytes left, Outline::Section left_section, Bytes right,
                      Outline::Section right_section) {
  if (left_section.count != right_section.count) return false;
  Reader left_reader(left, left_section.offset);
  Reader right_reader(right, right_section.offset);
  uint32_t count = left_section.count;
  for (; count > 0; --count) {
    Reader left_next = left_reader, right_next = right_reader;
    const dns::Record one = dns::read_record(left_next);
    const dns::Record other = dns::read_record(right_next);
    if (!surely_equal(left, one, right, other)) break;
    left_reader = left_next;
    right_reader = right_next;
  }
  if (count == 0) return true;
  hash(left, left_reader, count, left_);
  hash(right, right_reader, count, right_);
  return left_ == right_;
}

void Comparison::hash(Bytes message, Reader reader, uint32_t count, Hashes& hashes) {
  hashes.clear();
  for (uint32_t i = 0; i < count; ++i) {
    record_.clear();
    append_canonical(message, dns::read_record(reader), record_);
    hashes.push_back(siphash13(hash_key_, record_));
  }
  std::ranges::sort(hashes);
}

}  // namespace dotring::replay
