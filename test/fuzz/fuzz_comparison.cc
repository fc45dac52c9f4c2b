// Answers that are compared, one of them from a capture: whatever they hold, an answer is like
// itself, two differ alike from both sides and as their records in one form and order do, and their
// records can be told to people.
//
// The input: the size of the left message (2 octets), it, and the right one.

#include <algorithm>
#include <cassert>

#include "tools/replay/comparison.h"
#include "tools/replay/records.h"

namespace dotring::replay {
namespace {

constexpr HashKey kHashKey{1, 2};

std::optional<Bytes> message_of(Bytes bytes) {
  return bytes.size() < dns::kHeaderSize ? std::nullopt : std::optional(bytes);
}

// Each record is read where the one before it ends, as whoever describes a difference does.
void tell_records(Bytes message) {
  Reader reader(message, dns::kHeaderSize);
  while (reader.remaining() > 0) {
    const dns::Record record = dns::read_record(reader);
    if (!reader.ok()) return;
    assert(!record_text(message, record).empty());
  }
}

using Records = std::vector<std::vector<uint8_t>>;

Records in_one_form(Bytes message, Reader& reader, uint32_t count) {
  Records records(count);
  for (auto& one : records) append_canonical(message, dns::read_record(reader), one);
  std::ranges::sort(records);
  return records;
}

/// Of a message that can be read to its end: both compared sections.
std::pair<Records, Records> sections_of(Bytes message) {
  const dns::Header header = dns::read_header(message);
  Reader reader(message, dns::kHeaderSize);
  for (uint32_t i = 0; i < header.question_count; ++i) {
    dns::skip_name(reader);
    reader.skip(4);
  }
  Records answer = in_one_form(message, reader, header.answer_count);
  return {std::move(answer), in_one_form(message, reader, header.authority_count)};
}

void check_sections(const Outline& one, const Outline& other, const Differences& differences) {
  if (!one.sound() || !other.sound()) return;
  const auto [answer, authority] = sections_of(one.message());
  const auto [other_answer, other_authority] = sections_of(other.message());
  assert(differences.answer == (answer != other_answer));
  assert(differences.authority == (authority != other_authority));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(Bytes(data, size));
  const size_t left_size = reader.u16();
  if (!reader.ok() || left_size > reader.remaining()) return 0;
  const auto left = message_of(reader.bytes(left_size));
  const auto right = message_of(reader.bytes(reader.remaining()));
  Comparison comparison(kHashKey);
  const Outline one(left), other(right);
  assert(!comparison.compare(one, one).any());
  const Differences differences = comparison.compare(one, other);
  assert(differences.any() == comparison.compare(other, one).any());
  check_sections(one, other, differences);
  if (left) tell_records(*left);
  return 0;
}

}  // namespace dotring::replay
