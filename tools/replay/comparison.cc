#include "tools/replay/comparison.h"

#include <algorithm>

#include "tools/replay/records.h"

namespace dotring::replay {
namespace {

constexpr uint16_t kComparedFlags =
    dns::kFlagAa | dns::kFlagTc | dns::kFlagRd | dns::kFlagRa | dns::kFlagAd | dns::kFlagCd;

}  // namespace

void Digest::set(std::optional<Bytes> message) {
  present_ = message.has_value();
  sound_ = false;
  rcode_ = flags_ = 0;
  answer_.clear();
  authority_.clear();
  if (message) read(*message);
}

void Digest::read(Bytes message) {
  const dns::Header header = dns::read_header(message);
  flags_ = header.flags & kComparedFlags;
  rcode_ = header.rcode();
  Reader reader(message, dns::kHeaderSize);
  for (uint32_t i = 0; i < header.question_count && reader.ok(); ++i) {
    dns::skip_name(reader);
    reader.skip(4);
  }
  read_section(message, reader, header.answer_count, answer_);
  read_section(message, reader, header.authority_count, authority_);
  for (uint32_t i = 0; i < header.additional_count && reader.ok(); ++i) {
    const dns::Record record = dns::read_record(reader);
    if (record.type == dns::type::kOpt) rcode_ |= static_cast<uint16_t>(record.ttl >> 24 << 4);
  }
  sound_ = reader.ok();
}

void Digest::read_section(Bytes message, Reader& reader, uint32_t count,
                          std::vector<uint64_t>& hashes) {
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const dns::Record record = dns::read_record(reader);
    if (!reader.ok()) return;
    record_.clear();
    if (!append_canonical(message, record, record_)) return reader.fail();
    hashes.push_back(siphash13(hash_key_, record_));
  }
  std::ranges::sort(hashes);
}

Differences compare(const Digest& left, const Digest& right) {
  Differences differences;
  differences.none_left = !left.present_ && right.present_;
  differences.none_right = left.present_ && !right.present_;
  if (!left.present_ || !right.present_) return differences;
  differences.rcode = left.rcode_ != right.rcode_;
  differences.flags = left.flags_ != right.flags_;
  differences.malformed = left.sound_ != right.sound_;
  if (!left.sound_ || !right.sound_) return differences;
  differences.answer = left.answer_ != right.answer_;
  differences.authority = left.authority_ != right.authority_;
  return differences;
}

}  // namespace dotring::replay
