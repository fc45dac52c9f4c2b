// Names: whichever way a name is walked, the result is the same; what is accepted keeps the limits
// and survives text and lower case.

#include <cassert>
#include <cstdlib>

#include "engine/dns/name.h"
#include "engine/dns/question.h"

namespace dotring::dns {
namespace {

constexpr HashKey kHashKey{1, 2};

void try_text(Bytes wire) {
  const std::optional<Name> again = name_from_text(name_to_text(wire));
  assert(again && equal(again->wire(), wire));
}

void try_case(Bytes wire) {
  Name lower;
  lower.size = static_cast<uint8_t>(wire.size());
  copy_lower(wire, lower.octets.data());
  assert(plain_name_size(lower.wire()) == wire.size());
  assert(equal_ignoring_case(wire, lower.wire()));
  assert(is_within(lower.wire(), lower.wire()));
}

void try_key(Bytes wire) {
  const QuestionKey key({wire, type::kA, kClassIn}, QuestionKey::kRd, kHashKey);
  const std::optional<QuestionKey> again = QuestionKey::from_bytes(key.bytes(), kHashKey);
  assert(again && *again == key);
}

void try_wire(Bytes wire) {
  assert(!wire.empty() && wire.size() <= kNameSizeMax && wire.back() == 0);
  assert(plain_name_size(wire) == wire.size());
  try_text(wire);
  try_case(wire);
  try_key(wire);
}

void try_walks(Bytes message, size_t offset) {
  Reader reading(message, offset);
  Reader checking(message, offset);
  Reader skipping(message, offset);
  const std::optional<Name> name = read_name(message, reading);
  check_name(message, checking);
  skip_name(skipping);
  assert(name.has_value() == reading.ok() && reading.ok() == checking.ok());
  if (!name) return;
  assert(skipping.ok());
  assert(reading.offset() == checking.offset() && reading.offset() == skipping.offset());
  try_wire(name->wire());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(data, size);
  for (size_t offset = kHeaderSize; offset <= size && offset < 64; ++offset) {
    try_walks(bytes, offset);
  }
  if (size > 64) try_walks(bytes, size - 2);
  if (const size_t name_size = plain_name_size(bytes)) try_wire(bytes.first(name_size));
  if (const std::optional<Name> name = name_from_text(text_of(bytes))) try_wire(name->wire());
  if (const auto key = QuestionKey::from_bytes(bytes, kHashKey)) assert(equal(key->bytes(), bytes));
  return 0;
}

}  // namespace dotring::dns
