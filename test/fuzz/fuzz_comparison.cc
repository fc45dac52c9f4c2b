// Answers that are compared, one of them from a capture: whatever they hold, an answer is like
// itself, two differ alike from both sides, and their records can be told to people.
//
// The input: the size of the left message (2 octets), it, and the right one.

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader(Bytes(data, size));
  const size_t left_size = reader.u16();
  if (!reader.ok() || left_size > reader.remaining()) return 0;
  const auto left = message_of(reader.bytes(left_size));
  const auto right = message_of(reader.bytes(reader.remaining()));
  Digest one(kHashKey), same(kHashKey), other(kHashKey);
  one.set(left);
  same.set(left);
  other.set(right);
  assert(!compare(one, same).any());
  assert(compare(one, other).any() == compare(other, one).any());
  if (left) tell_records(*left);
  return 0;
}

}  // namespace dotring::replay
